"""Which character stands between the cells of a file."""

import csv
import io
import re
from collections import Counter

from gateway.imports.columns import synonyms
from gateway.imports.columns.header_row import MOST_LOOKED_AT

DELIMITERS = (",", ";", "\t", "|")

_ROWS = 40
# A header is looked for in the first so many rows.
TITLES = 20
# Excel's own hint, which it writes for countries where a comma is in numbers.
_HINT = re.compile(r'^"?sep=(.)"?(?:[,;\t|]*)(?:\r\n|\r|\n|$)', re.IGNORECASE)


def hinted_delimiter(text: str) -> tuple[str, int]:
    """The delimiter that the first line names, and the length of that line; or nothing, and 0."""
    found = _HINT.match(text)
    return (found[1], found.end()) if found and is_delimiter(found[1]) else ("", 0)


def is_delimiter(character: str) -> bool:
    """Whether a character can stand between cells."""
    return character in DELIMITERS or (
        character.isprintable() and character not in ' "' and not character.isalnum()
    )


def unwrapped(cells: list[str], delimiter: str) -> list[str]:
    """The cells of a line that some program has put between quotation marks as a whole."""
    if len(cells) != 1 or delimiter not in cells[0] or "\n" in cells[0]:
        return cells
    try:
        return next(csv.reader(cells, delimiter=delimiter, strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return cells


def guess_delimiter(text: str) -> str:
    """The delimiter of a file that begins so: the one whose header is understood, then the steadiest."""
    lines = [line for line in io.StringIO(text[: 128 * 1024], newline="") if not line.isspace()]
    # The last one may be cut.
    lines = lines[:-1] if len(lines) > 1 and len(text) > 128 * 1024 else lines
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter))


def _known(rows: list[list[str]]) -> int:
    """The most titles of columns that one of the rows has, as far as they are looked at."""
    most, left = 0, MOST_LOOKED_AT
    for row in rows:
        left -= len(row)
        if left < 0:
            break
        most = max(most, sum(map(synonyms.is_known, row)))
    return most


def _score(lines: list[str], delimiter: str) -> tuple[int, float, int]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    try:
        for cells in reader:
            row = unwrapped(cells, delimiter)
            if any(row):
                rows.append(row)
            if len(rows) == _ROWS:
                break
    except csv.Error:
        return (0, 0.0, 0)
    if not rows:
        return (0, 0.0, 0)
    # There may be titles above the header.
    known = _known(rows[:TITLES])
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    return (known, count / len(rows) if width > 1 else 0.0, width)
