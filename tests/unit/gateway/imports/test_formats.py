"""The same list in every dress is the same list."""

import codecs

import pytest

from gateway.imports.errors import FileError
from gateway.imports.reading.plan import HEAD
from tests.unit.gateway.imports.reading import leads, planned, read, refused, wanted

TEXT = 'Name,Phone,Note\r\nSiti Núr,012-345 6789,"a, b"\r\n"Ali ""Boy""",+60 12-345 6780,"two\r\nlines"\r\n'
LEADS = [("+60123456789", "Siti Núr"), ("+60123456780", 'Ali "Boy"')]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace("\r\n", "\n").encode(),
        TEXT.replace("\r\n", "\r").encode(),
        TEXT.rstrip().encode(),
        ("\r\n\r\n" + TEXT.replace("\r\nS", "\r\n\r\n,,\r\nS") + "\r\n\r\n").encode(),
        TEXT.replace("Note\r\n", "Note,,,\r\n").replace('"\r\n', '",,,\r\n').encode(),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_every_encoding_and_line_end(content: bytes, chunk: int) -> None:
    assert leads(content, chunk=chunk) == LEADS
    assert not refused(content, chunk=chunk)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter(delimiter: str) -> None:
    content = f"Nama{delimiter}No. Telefon\nAli, PhD; x|y\tz{delimiter}0123456789\n"
    quoted = content.replace("Ali, PhD; x|y\tz", '"Ali, PhD; x|y\tz"').encode()
    assert planned(quoted)[0].delimiter == delimiter
    assert leads(quoted) == [("+60123456789", "Ali, PhD; x|y z")]


def test_excel_says_its_delimiter() -> None:
    for head in ("sep=;\r\n", '"sep=;"\r\n', "SEP=;\n", "sep=;;;\r\n"):
        content = (head + "Name;Phone\r\nAli;0123456789\r\n").encode()
        assert leads(content) == [("+60123456789", "Ali")]
        assert leads(codecs.BOM_UTF8 + content) == [("+60123456789", "Ali")]
        assert leads(codecs.BOM_UTF16_LE + content.decode().encode("utf-16-le")) == [("+60123456789", "Ali")]


def test_a_title_above_the_header() -> None:
    for title in ("Senarai Pelanggan 2026,,\n,,\n", "Customer list\n\n", '"List, 2026"\nof May,,\n'):
        assert leads(f"{title}Nama,No Tel,Bandar\nSiti,0123456789,Ipoh\n".encode()) == [
            ("+60123456789", "Siti")
        ]
    assert leads(b"Kenalan\n0123456789\n") == [("+60123456789", "")]


def test_one_column() -> None:
    assert leads(b"phone\n012-345 6789\n0123456780\n") == [("+60123456789", ""), ("+60123456780", "")]
    assert leads(b"012-345 6789\n0123456780\n") == [("+60123456789", ""), ("+60123456780", "")]


def test_first_letters_beyond_ascii_come_late() -> None:
    body = "".join(f"Ali,01{2 + n % 8}-{2000000 + n},{'x' * 250}\n" for n in range(1200))
    assert len(body) > HEAD
    for encoding in ("cp1252", "utf-8"):
        content = f"Name,Phone,Note\n{body}Siti Núr,+60123456789,\n".encode(encoding)
        assert leads(content)[-1] == ("+60123456789", "Siti Núr")


def test_bytes_that_do_not_fit_refuse_their_row_alone() -> None:
    content = "Name,Phone\nJosé María,0123456781\nÀ é î ø ü,0123456782\n".encode()
    content += b"Jos\xe9,0123456783\nAli,0123456784\n"
    assert [phone for phone, _ in leads(content)] == ["+60123456781", "+60123456782", "+60123456784"]
    assert refused(content) == [(4, "ENCODING")]


@pytest.mark.parametrize("encoding", ["gb18030", "windows-1251", "shift_jis", "big5"])
def test_other_scripts_are_not_taken_for_western(encoding: str) -> None:
    names = {
        "windows-1251": "Александр Пушкин",
        "shift_jis": "山田太郎",
        "gb18030": "王小明",
        "big5": "王小明",
    }
    content = f"Name,Phone\n{names[encoding]},0123456789\n".encode(encoding)
    try:
        assert leads(content) == [("+60123456789", names[encoding])]
    except FileError as asked:
        assert "name its encoding" in asked.because  # noqa: PT017 - both are right
    assert leads(content, encoding=encoding) == [("+60123456789", names[encoding])]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (codecs.BOM_UTF8, "no rows"),
        (b"\0" * 5000, "no header and no row"),
        (b"x" * 1_000_000, "more than 64 KiB"),
        (codecs.BOM_UTF32_LE + "Phone\n".encode("utf-32-le"), "UTF-32"),
        (b"Name,City\nAli,Ipoh\n", "found: Name, City"),
        (b"Name,Email\n", "found: Name, Email"),
        (b"Ali,0123456789,Ipoh\nSiti,0123456780,Klang\n", "no header"),
    ],
)
def test_a_file_without_a_list_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(FileError, match=told):
        planned(content)


def test_a_quote_that_never_closes_costs_one_row() -> None:
    rows = "".join(f"Lead {n},012345{n:04}\n" for n in range(500))
    assert refused(f'Name,Phone\n"Ali,0123456789\n{rows}'.encode()) == [(2, "QUOTES")]
    assert len(leads(f'Name,Phone\n"Ali,0123456789\n{rows}'.encode())) == 500


def test_a_quote_that_closes_in_another_row_costs_one_row() -> None:
    content = b'Name,Phone\n"Ali,0123456781\nSiti,0123456782\n"Carl",0123456783\nDin,0123456784\n'
    assert [phone for phone, _ in leads(content)] == ["+60123456782", "+60123456783", "+60123456784"]
    assert refused(content) == [(2, "QUOTES")]


def test_an_undoubled_quote_is_refused_not_mangled() -> None:
    assert refused(b'Name,Phone\n"Ali "Boy" Hassan",0123456789\n') == [(2, "QUOTES")]
    assert leads(b'Name,Phone\nAli "Boy" Hassan,0123456789\n') == [("+60123456789", 'Ali "Boy" Hassan')]


def test_a_row_too_long() -> None:
    content = b"Name,Phone\n" + b"x" * 70_000 + b",0123456789\nAli,0123456780\n"
    assert refused(content) == [(2, "ROW_TOO_LONG")]
    assert leads(content) == [("+60123456780", "Ali")]


@pytest.mark.parametrize("chunk", [1000, 100_000])
def test_a_row_longer_than_any_buffer(chunk: int) -> None:
    content = b"Name,Phone\nDin,0123456781\n" + b"x" * 700_000 + b",0123456789\nAli,n/a\n"
    assert refused(content, chunk=chunk) == [(3, "ROW_TOO_LONG"), (4, "PHONE_LETTERS")]
    assert len(leads(content, chunk=chunk)) == 1


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    content = b'Name,Phone,Note\nAli,x,\n\nSiti,0123456789,"a\nb\nc"\nDin,y,\n'
    assert refused(content) == [(2, "PHONE_LETTERS"), (7, "PHONE_LETTERS")]


def test_a_batch_of_long_rows_has_fewer() -> None:
    """Of 2,000 rows of 50 KB a batch would be 100 MB, several times over."""
    rows = "".join(f"0122{n:06},{','.join(['x' * 1000] * 49)}\n" for n in range(200))
    content = f"Phone,{','.join(f'c{n}' for n in range(49))}\n{rows}".encode()
    batches = read(content, size=2000)
    assert sum(batch.row_count for batch in batches) == 200
    assert max(batch.row_count for batch in batches) < 100


def test_a_letter_that_some_program_has_lost_is_asked_about_and_a_no_beside_it_counts() -> None:
    rows = "Name,Phone,Opt Out\nJos*,0123456789,no\nJos*,0123456780,yes\nJosé,0123456781,no\n"
    content = rows.replace("*", "\N{REPLACEMENT CHARACTER}").encode()
    found = [(one.entry.draft.phone, bool(one.entry.opted_out)) for one in wanted(content)]
    assert found == [("+60123456780", True), ("+60123456781", False)]
    assert refused(content) == [(2, "ENCODING")]
    # Likewise where a byte does not fit.
    torn = content.replace("\N{REPLACEMENT CHARACTER}".encode(), b"\xff")
    assert refused(torn, encoding="utf-8") == [(2, "ENCODING")]
    assert [one.entry.draft.phone for one in wanted(torn, encoding="utf-8")] == [
        "+60123456780",
        "+60123456781",
    ]
