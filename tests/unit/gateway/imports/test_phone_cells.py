"""A thousand cells with numbers, as people, sheets, phones and sites write them: read rightly or refused.

`lists_of_numbers/cells.tsv` has the cell, the cell of its country and the right answer.
"""

import re
from pathlib import Path

from gateway.imports.cells.phone import read_phone
from gateway.imports.cells.text import cell_text
from gateway.imports.errors import RowError
from gateway.phones import notation_of

CELLS = Path(__file__).with_name("lists_of_numbers") / "cells.tsv"
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def test_each_cell_is_its_number_or_is_refused() -> None:
    _, *lines = CELLS.read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not _is_right(*map(_unescaped, line.split("\t")))]
    assert len(lines) > 1000
    assert wrong == []


def _is_right(cell: str, country: str, answer: str) -> bool:
    """An answer of several numbers is that each of them is named."""
    notation = notation_of(country)
    try:
        found = read_phone(cell_text(cell), notation) if notation else "refused"
    except RowError as error:
        may_be = answer.split()
        is_ambiguous = error.reason == "PHONE_AMBIGUOUS" and all(each in error.because for each in may_be)
        return is_ambiguous if len(may_be) > 1 else answer == "refused"
    return found == answer


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
