"""Whatever a row holds, it is a lead or is refused with its own reason, and stops nothing else."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.imports.columns.header import resolve
from gateway.imports.errors import RowError
from gateway.imports.reading.delimiter import hinted_delimiter
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper
from gateway.phones import Notation
from tests.support.secret import HASHES
from tests.unit.gateway.imports.reading import NOW, ZONES, leads, read, refused

FIELDS = ("phone", "country_code", "name", "trigger", "device", "language", "timezone", "consent",
          "consent_source", "consent_wording", "consent_time", "City")  # fmt: skip
PIECES = st.sampled_from(
    [
        "+60123456789", "0", "9999-12-31", "0001-01-01", "+14:00", "6e9", "9" * 400, "'", ":::", "٣", "²",
        "\0", "\ufeff", "=", "#REF!", "32767", "-", " ", "yes no", "ms-MY", "UTC", "\x85", "\u2028",
        "\udc80",
    ]
)  # fmt: skip
CELL = st.lists(PIECES | st.text(max_size=6), max_size=4).map("".join)
MAPPER = Mapper(
    resolve(FIELDS, [], {}),
    Defaults(Notation("MY"), "", None, is_dated=True, month_first=False, now=NOW),
    Account.of(1, ZoneInfo("Asia/Kuala_Lumpur"), ["COLD"], {"7": 7}, ZONES, HASHES),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(CELL, min_size=len(FIELDS), max_size=len(FIELDS)))
@example(["0123456789", "٣", *[""] * 8, "9" * 400, ""])
def test_no_cell_is_unforeseen(cells: list[str]) -> None:
    """Any error but `RowError` would be one."""
    try:
        attributes = MAPPER.map(2, cells).entry.attributes_json
    except RowError:
        return
    assert isinstance(json.loads(attributes), dict)


def test_an_unforeseen_error_refuses_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    read_name = Mapper._name

    def fail(self: Any, row: Any) -> str:
        if row[0].startswith("secret"):
            raise ZeroDivisionError(row)
        return read_name(self, row)

    monkeypatch.setattr(Mapper, "_name", fail)
    content = b'name,phone\nAli,0123456780\nsecret,0123456781\n"secret",0123456782\nSiti,0123456783\n'
    assert leads(content) == [("+60123456780", "Ali"), ("+60123456783", "Siti")]
    assert refused(content) == [(3, "INTERNAL"), (4, "INTERNAL")]
    assert "secret" not in str([one.because for batch in read(content) for one in batch.refused])
    # The look for rows that a quotation mark has swallowed fails in the same way, and stops nothing.
    swallowed = b'name,phone\n"secret\n",0123456781\nSiti,0123456783\n'
    assert leads(swallowed) == [("+60123456783", "Siti")]


@pytest.mark.parametrize("character", ["\0", '"', "a", "1", " ", "\udc80", "\x1f"])
def test_a_hint_that_cannot_stand_between_cells_is_none(character: str) -> None:
    assert hinted_delimiter(f"sep={character}\nphone\n") == ("", 0)
