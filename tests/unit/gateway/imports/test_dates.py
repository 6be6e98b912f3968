"""A cell is a moment, or is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports.cells.dates import read_moment
from gateway.imports.errors import RowError

KUALA_LUMPUR = ZoneInfo("Asia/Kuala_Lumpur")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31/1/2026", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31-01-26 14:05", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("31.01.2026 2:05 PM", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("2026-01-31T14:05:06Z", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("2026-01-31 14:05:06.123456+02:00", datetime(2026, 1, 31, 12, 5, 6, tzinfo=UTC)),
        ("46053", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("20260131", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31-Jan-26", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31 Januari 2026", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("1st Ogos 2025, 2.05 ptg", datetime(2025, 8, 1, 6, 5, tzinfo=UTC)),
        ("Jan 31, 2026 at 2:05 PM", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("Saturday, 31 January 2026", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("Sat, 31 Jan 2026 14:05:06 +0800", datetime(2026, 1, 31, 6, 5, 6, tzinfo=UTC)),
        # Google Forms.
        ("2026/01/31 2:05:06 PM GMT+8", datetime(2026, 1, 31, 6, 5, 6, tzinfo=UTC)),
        ("2026-01-31 14:05:06 UTC", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("2026\u5e741\u670831\u65e5 14:05", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("1769868306", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("1769868306000", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
    ],
)
def test_dates(cell: str, expected: datetime) -> None:
    assert read_moment(cell, KUALA_LUMPUR, month_first=False) == expected


@pytest.mark.parametrize(
    "cell", ["", "31", "1/31/2026", "32/1/2026", "31 Foo 2026", "2026-01-31 25:00", "01/2026", "yesterday"]
)
def test_no_dates(cell: str) -> None:
    with pytest.raises(RowError) as caught:
        read_moment(cell, KUALA_LUMPUR, month_first=False)
    assert caught.value.reason == "CONSENT_TIME"


@given(st.text(max_size=40))
def test_any_cell_is_a_time_or_refused(cell: str) -> None:
    try:
        assert read_moment(cell, KUALA_LUMPUR, month_first=False).tzinfo is UTC
    except RowError as fault:
        assert fault.reason == "CONSENT_TIME"  # noqa: PT017
