"""From a cell to its text, to a language."""

import re
import tomllib
from functools import cache
from pathlib import Path

from gateway.imports.errors import RowError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Programs put an apostrophe before a cell, so that Excel does not read the cell as a formula or a number. The
# file of refused rows does so too.
_MARKED = re.compile(r"'(?=[=+\-@\t\r]|[\d ]+$)")
# What Excel writes in place of a formula that has no result.
_BROKEN = _words("#REF! #N/A #NAME? #VALUE! #DIV/0! #NULL! #NUM!")

# NUL, and the surrogates that stand for bytes of another encoding.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")

# Of these their own names are known, too.
_OWN = (
    "fil", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "hr", "sr", "sl",
    "el", "tr", "ru", "uk", "sv", "da", "nb", "fi", "et", "lv", "lt", "ja", "ko", "km", "lo", "my",
    "bn", "ur", "fa", "he", "sw", "am",
)  # fmt: skip
# A shorter word is a tag: `fil`.
_LONGEST_TAG = 3
# As the API takes it in Lead.language.
_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5})?")
_LANGUAGES: dict[str, str] = {
    word: tag
    for tag, words in tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8"))[
        "languages"
    ].items()
    for word in words.split()
}


@cache
def _named() -> dict[str, str]:
    """The tags of all languages by their English names and their own."""
    from babel import Locale  # noqa: PLC0415 - for files with names of languages only

    english = Locale.parse("en").languages
    own = {tag: Locale.parse(tag).languages.get(tag, "") for tag in _OWN}
    named = [
        *((name, tag) for tag, name in english.items() if "_" not in tag),
        *((own[tag], tag) for tag in own),
    ]
    return {"".join(name.casefold().split()): tag for name, tag in named if name}


def storable(text: str) -> str:
    """The text with a replacement character for what neither JSON nor Postgres takes."""
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cell_text(cell: str) -> str:
    """The text of a cell, without the apostrophe that programs add for Excel."""
    text = cell.strip()
    if not text or text[0] not in "'#":
        return text
    if _MARKED.match(text):
        return text[1:]
    return "" if text in _BROKEN else text


def language(cell: str) -> str:
    """A tag of BCP 47, also of a locale (`ms_MY`) or a language's name. Raises `RowError`."""
    if not cell:
        return ""
    tag = cell.strip().replace("_", "-")
    word = "".join(tag.casefold().split())
    tag = _LANGUAGES.get(word) or (tag if len(word) <= _LONGEST_TAG else _named().get(word, tag))
    if not _LANGUAGE.fullmatch(tag):
        raise RowError(
            "LANGUAGE",
            "language: is no language tag; write a tag of BCP 47 such as ms, en or zh-Hant, or leave the cell"
            " empty",
        )
    return tag
