"""The form by which the values of a column and those of its legend are compared: `01` is `1`."""

import re

from gateway.imports.wishes.fold import fold

LONGEST = 20
_NUMBER = re.compile(r"0{0,10}(\d{1,10})(?:[.,]0{1,6})?")


def code_of(cell: str) -> str:
    """Of a short cell; a longer one is no code."""
    cell = cell.strip(" \t\"'()[].")
    if len(cell) > LONGEST:
        return cell
    number = _NUMBER.fullmatch(cell)
    return number[1] if number else fold(cell)
