"""Each field that a column can be is read: what a row has in it changes what the row means."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest

from gateway.imports.columns.header import resolve
from gateway.imports.errors import RowError
from gateway.imports.fields import FIELDS, IGNORE, PHONE
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper, Row
from gateway.phones import Notation
from tests.support.secret import HASHES
from tests.unit.gateway.imports.reading import NOW, ZONES

ROW = {"phone": "0123456789", "consent_source": "form", "consent_time": "2026-01-31T00:00:00Z"}
# A field that is new has its row here.
OTHER = {
    "phone": "0123456780",
    "name": "Siti",
    "first_name": "Siti",
    "middle_name": "binti",
    "last_name": "Ali",
    "trigger": "COLD",
    "device": "7",
    "language": "ms",
    "timezone": "Asia/Tokyo",
    "country_code": "SG",
    "consent": "no",
    "opt_out": "yes",
    "consent_source": "counter",
    "consent_wording": "Yes, write to me",
    "consent_time": "2026-02-01T00:00:00Z",
}


def meant(cells: Mapping[str, str]) -> Row | str:
    mapper = Mapper(
        resolve(list(cells), [], {field: field for field in cells}),
        Defaults(Notation("MY"), "", None, is_dated=True, month_first=False, now=NOW),
        Account.of(1, ZoneInfo("Asia/Kuala_Lumpur"), ["COLD"], {"7": 7}, ZONES, HASHES),
    )
    try:
        return mapper.map(2, list(cells.values()))
    except RowError as error:
        return error.reason


@pytest.mark.parametrize("field", [each for each in FIELDS if each != IGNORE])
def test_a_field_is_read(field: str) -> None:
    without = ROW.get(field, "") if field == PHONE else ""
    assert meant(ROW | {field: OTHER[field]}) != meant(ROW | {field: without})


def test_what_is_ignored_is_not_read() -> None:
    assert meant(ROW | {IGNORE: "Siti"}) == meant(ROW)
