"""Rows of a lead file: CSV with a header, in UTF-8 with or without a byte order mark."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.demo.settings import BadInput

TRIGGER = "COLDEXSTART"
"""Of every row, in a file without a column for it."""

_OWN_COLUMNS = ("phone", "name", "trigger", "consent", "language", "timezone")
# What people write in a column `consent` when there is none.
_NO = frozenset({"", "0", "no", "n", "false", "f", "tidak"})
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DELIMITERS = ",;\t"
_FIRST_MADE_UP = 60_160_000_000


@dataclass(frozen=True)
class Row:
    """One lead as written; `line` is 0 for one that was made up."""

    line: int
    phone: str
    name: str = ""
    trigger: str = TRIGGER
    attributes: dict[str, str] = field(default_factory=dict)
    # Without permission a lead is kept, and gets nothing.
    consents: bool = True
    language: str = ""
    timezone: str = ""


def read_rows(path: Path) -> list[Row]:
    """The rows of a file that are not empty.

    Raises:
        BadInput: it cannot be read, is not UTF-8, is no CSV, or has no column `phone`.

    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(path.name, file.read()))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8: save it as CSV UTF-8") from error
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise BadInput(f"{path.name} is no CSV: {error}") from error


def take(rows: Sequence[Row], count: int | None) -> list[Row]:
    """The first `count` rows, further ones made up where there are fewer; None for all."""
    if count is None:
        return list(rows)
    taken = list(rows[:count])
    known = {row.phone for row in rows}
    made_up = (row for row in _made_up() if row.phone not in known)
    return taken + [next(made_up) for _ in range(count - len(taken))]


def _rows(name: str, text: str) -> Iterator[Row]:
    header, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = [title.strip().lower().replace(" ", "_") for title in next(lines, [])]
    if "phone" not in columns:
        raise BadInput(
            f"{name} has no column `phone`: its first line must name the columns, phone among them"
        )
    for fields in lines:
        cells = {column: cell.strip() for column, cell in zip(columns, fields, strict=False)}
        if any(cells.values()):
            yield _row(lines.line_num, cells, has_trigger="trigger" in columns)


def _row(line: int, cells: dict[str, str], *, has_trigger: bool) -> Row:
    attributes = {
        column: cell
        for column, cell in cells.items()
        if cell and column not in _OWN_COLUMNS and _ATTRIBUTE.fullmatch(column)
    }
    trigger = cells.get("trigger", "") if has_trigger else TRIGGER
    consents = cells.get("consent", "yes").lower() not in _NO
    return Row(
        line,
        cells.get("phone", ""),
        cells.get("name", ""),
        trigger,
        attributes,
        consents,
        cells.get("language", ""),
        cells.get("timezone", ""),
    )


def _made_up() -> Iterator[Row]:
    number = _FIRST_MADE_UP
    while True:
        number += 1
        yield Row(0, f"+{number}", f"Lead {number - _FIRST_MADE_UP}", attributes={"city": "Kuala Lumpur"})
