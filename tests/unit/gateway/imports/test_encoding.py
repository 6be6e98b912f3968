"""A file in any old encoding is read with the right letters, or its sender is asked."""

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.imports.errors import FileError
from gateway.imports.reading import encoding
from gateway.imports.reading.guess import guess, samples
from tests.support.linear import assert_linear
from tests.unit.gateway.imports.reading import leads, planned

_HERE = Path(__file__).parent
_LISTS = _HERE / "lists_of_names"
LANGUAGES = tomllib.loads((_HERE / "names_of_languages.toml").read_text(encoding="utf-8"))


def _encoded(text: str, codec: str) -> bytes:
    if codec != "cp1258":
        return text.encode(codec)
    # Vietnamese Windows writes the tone behind the vowel.
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    written = []
    for each in unicodedata.normalize("NFC", text):
        whole = unicodedata.normalize("NFD", each)
        tone = "".join(mark for mark in whole if mark in marks)
        written.append(unicodedata.normalize("NFC", "".join(c for c in whole if c not in marks)) + tone)
    return "".join(written).encode(codec)


def _read(content: bytes, country: str = "MY") -> str | None:
    """The text, or None where the caller is asked."""
    try:
        return content.decode(encoding.beyond_ascii(content, country))
    except FileError:
        return None


def _files(size: int, *, told: bool) -> Iterator[tuple[str, str, str, bytes]]:
    """Language, encoding, text and bytes; `told`: with titles and numbers that say where it comes from."""
    for language, kept in LANGUAGES.items():
        for codec in kept["encodings"].split():
            header, number = (kept["header"], f"+{kept['code']}1234567") if told else ("Name;Phone", "012345")
            names = kept["names"].split("|")
            for at in range(0, len(names) - size + 1, size):
                rows = "".join(f"{name};{number}{n:02}\n" for n, name in enumerate(names[at : at + size]))
                try:
                    yield language, codec, f"{header}\n{rows}", _encoded(f"{header}\n{rows}", codec)
                except UnicodeEncodeError:
                    # Big5 has no simplified title; it has the names.
                    yield language, codec, f"Name\n{rows}", _encoded(f"Name\n{rows}", codec)


@pytest.mark.parametrize(("size", "told", "most_asked"), [(8, True, 0.0), (4, False, 0.25)])
def test_no_letter_is_silently_wrong(size: int, told: bool, most_asked: float) -> None:
    """In thirty languages and their usual encodings. The share asked is printed, and has a limit."""
    wrong, asked = [], Counter[str]()
    files = list(_files(size, told=told))
    for language, codec, text, content in files:
        read = _read(content)
        if read is None:
            asked[f"{language} {codec}"] += 1
        elif unicodedata.normalize("NFC", read) != unicodedata.normalize("NFC", text):
            wrong.append((language, codec, read[:60]))
    print(f"{len(files)} files of {size} names, told {told}: {asked.total() / len(files):.1%} asked", asked)  # noqa: T201
    assert not wrong
    assert asked.total() <= most_asked * len(files)


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("encoding_cs_cp1250.csv", ["Jiří Dvořák", "Lenka Němečková", "Tomáš Růžička"]),
        ("encoding_de_cp850_cp850.csv", ["Jörg Müller", "Groß Käthe"]),
        (
            "encoding_pl_cp1250.csv",
            ["Michał Wiśniewski", "Łukasz Żółć", "Małgorzata Dąbrowska", "Grażyna Kołodziejczyk"],
        ),
        ("encoding_tr_cp1254.csv", ["Ayşe Yıldız", "Çağrı Işık", "İbrahim Gülşen"]),
    ],
)
def test_lists_in_old_encodings(file: str, names: list[str]) -> None:
    content = (_LISTS / file).read_bytes()
    assert [name for _, name in leads(content)] == names
    # The names that are shown before anything is written.
    assert names[0] in samples(content, planned(content)[0].encoding)


def test_a_doubt_names_the_readings_and_the_remedy() -> None:
    content = "Name,Phone\nKučera,0123456789\nBečka,0123456780\n".encode("cp1250")
    with pytest.raises(FileError, match="is not certain") as doubt:
        planned(content)
    assert doubt.value.field == "options.encoding"
    for shown in ("windows-1250 reads Kučera, Bečka", "windows-1252 reads Kuèera", "name its encoding"):
        assert shown in doubt.value.because
    assert leads(content, encoding="windows-1250")[0][1] == "Kučera"


def test_where_every_reading_is_the_same_there_is_no_doubt() -> None:
    assert leads("Name,Phone\nRené Müller,0123456789\n".encode("cp1250")) == [("+60123456789", "René Müller")]


def test_the_titles_alone_tell_a_language() -> None:
    content = "Imię;Telefon\nAni Kořínková;0123456789\n"
    assert _read(content.encode("cp1250")) == content


def test_a_doubt_far_down_the_file_stops_there() -> None:
    decoder = encoding.Decoder("ascii")
    assert decoder.decode(b"Name,Phone\nAli,0123456789\n") == "Name,Phone\nAli,0123456789\n"
    # What comes in small pieces waits until there is enough to tell.
    assert decoder.decode("Ali,1\nKučera,0123456789\nBe".encode("cp1250")) == "Ali,1\n"
    with pytest.raises(FileError, match="is not certain"):
        decoder.decode("čka,0123456780\n".encode("cp1250"), final=True)


@pytest.mark.parametrize("name", ["cp852", "IBM850", "Windows 1257", "latin2", "koi8-r", "SJIS", "macintosh"])
def test_an_encoding_by_any_of_its_names(name: str) -> None:
    assert encoding.known(name)


@pytest.mark.parametrize("name", ["rot13", "zip", "utf-7", "punycode", "klingon", "\0", "é", "x" * 1000])
def test_a_name_of_none(name: str) -> None:
    with pytest.raises(FileError, match="is not one of"):
        encoding.known(name)


@pytest.mark.parametrize(
    "piece", [b"\xe9", b"\xe9,", b"\xe9\n", b"Ji\xf8\xed,1\n", b"\x8f\xff\xb0", b"A\xc4b \xb1"]
)
def test_time_is_linear(piece: bytes) -> None:
    assert_linear(lambda count: guess(b"Name\n" + piece * count), 2_000)
