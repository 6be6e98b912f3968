"""Which row of a file is its header: people put titles, addresses and dates above."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from gateway.imports.columns import synonyms

_PHONE_DIGITS = 7
# Words of the title of a column that stands alone in its row.
_LONGEST_TITLE = 4
# No phone number, and no title of a column, is longer than that.
_LONGEST_PHONE = 100
# Of the first rows together: so many cells are looked at for the title of a column.
MOST_LOOKED_AT = 5000
_PHONE_CELL = re.compile(r"[\s'\"=]*+[+(\uff0b]?[\d\s().\-\u2010-\u2015/]{7,}")
_DATE = re.compile(r"(\d{1,2}[./-]\d{1,2}[./-](19|20)\d\d|(19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})\b")


def find_header(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> int:
    """Which of the first rows of a file is its header, or its first row when it has none.

    Several lines above the header are passed over only where the header names a phone number, and no row with
    a number stands above; else only lines of one cell are passed over. `mapping` is what the caller says of
    columns: the header is then the row with these names.
    """
    # A number names a column by its place, and may be a cell of any row.
    names = {folded(each) for each in mapping if not each.isdecimal()}
    if named := [index for index, cells in enumerate(rows) if names & set(map(folded, cells))]:
        return named[0]
    looked_at = 0
    for index, cells in enumerate(rows):
        looked_at += len(cells)
        if looked_at > MOST_LOOKED_AT:
            break
        if _names_phone(cells) and not is_title(cells):
            return index
        if any(map(looks_like_phone, cells)) and not _is_letterhead(cells):
            break
    return next((index for index, cells in enumerate(rows) if not is_title(cells)), 0)


def _names_phone(cells: Sequence[str]) -> bool:
    return any(map(_is_phone, cells)) and not any(map(looks_like_phone, cells))


def _is_phone(header: str) -> bool:
    # `H = may be contacted` explains a value.
    return " = " not in header and (
        synonyms.phone_rank(header) is not None or synonyms.sounds_like_phone(header)
    )


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
    # A sentence over a table that speaks of contacts is no title of a column.
    is_sentence = len(cells) > 1 and len(text.split()) > _LONGEST_TITLE
    is_phone = synonyms.phone_rank(text) is not None if is_sentence else _is_phone(text)
    return not (is_phone or looks_like_phone(text))


def looks_like_phone(cell: str) -> bool:
    """Whether a cell may be a phone number. A cell that is none after all is refused later, with a reason."""
    cell = cell.strip()
    if cell[:1].isalpha() or len(cell) > _LONGEST_PHONE:
        return False
    digits = sum(character.isdigit() for character in cell)
    if digits < _PHONE_DIGITS or _DATE.match(cell):
        return False
    return bool(_PHONE_CELL.fullmatch(cell))


def folded(header: str) -> str:
    """The form by which two headers are compared."""
    return unicodedata.normalize("NFKC", header).casefold().strip()
