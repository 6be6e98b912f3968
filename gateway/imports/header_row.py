"""Where in a file the list begins: people put titles, addresses and dates above it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from gateway.imports import synonyms

_PHONE_DIGITS = 7
_PHONE_CELL = re.compile(r"[\s'\"=]*[+(\uff0b]?[\d\s().\-\u2010-\u2015/]{7,}")
_DATE = re.compile(r"(\d{1,2}[./-]\d{1,2}[./-](19|20)\d\d|(19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})\b")


def begin(rows: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> int:
    """Which of the first rows of a file is its header, or its first row when it has none.

    What stands above is passed over only where a header with a phone number's name in it follows, and no
    row with a number comes before it; else only lines of one cell are. Who says which column is what means
    the row with those names.
    """
    if wanted:
        names = set(map(told_apart, wanted))
        return next((index for index, cells in enumerate(rows) if names & set(map(told_apart, cells))), 0)
    for index, cells in enumerate(rows):
        if _names_phone(cells):
            return index
        if any(map(looks_like_phone, cells)) and not _is_letterhead(cells):
            break
    return next((index for index, cells in enumerate(rows) if not is_title(cells)), 0)


def _names_phone(cells: Sequence[str]) -> bool:
    return any(map(_is_phone, cells)) and not any(map(looks_like_phone, cells))


def _is_phone(header: str) -> bool:
    return synonyms.phone_rank(header) is not None or synonyms.sounds_like_phone(header)


def _is_letterhead(cells: Sequence[str]) -> bool:
    """`Tel:` and a number: whose list it is."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) == 2 and synonyms.is_known(filled[0])  # noqa: PLR2004


def is_title(cells: Sequence[str]) -> bool:
    """Whether a row is a line of text above the header."""
    filled = [cell for cell in cells if cell.strip()]
    if len(filled) != 1:
        return False
    [text] = filled
    return not (_is_phone(text) or looks_like_phone(text))


def looks_like_phone(cell: str) -> bool:
    """Generously: a row that is none is refused later, with its reason."""
    if cell[:1].isalpha():
        return False
    digits = sum(character.isdigit() for character in cell)
    if digits < _PHONE_DIGITS or _DATE.match(cell.strip()):
        return False
    return bool(_PHONE_CELL.fullmatch(cell.strip()))


def told_apart(header: str) -> str:
    """By which two headers are the same."""
    return unicodedata.normalize("NFKC", header).casefold().strip()
