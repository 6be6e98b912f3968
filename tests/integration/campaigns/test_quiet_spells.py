"""What is quiet where clocks change: the hand, the plan, the forecast and the explanation have one answer.

Quiet hours begin at the earliest moment that their local time can mean, and end at the latest: a doubled
hour in which they end is quiet into its second half, and one in which they begin is quiet from its first.
"""

import random
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import pytest

from gateway.campaigns.forecast.device_load import DeviceLoad
from gateway.campaigns.forecast.store import ForecastStore
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.campaigns.quiet_reference import changes, spans
from tests.support import rows

_SPELLS = "SELECT * FROM quiet_spells($1, $2, NULL, $3, $4, $5, $6, $7)"
# The answer of the hand at many moments.
_HOURS = """
SELECT at, q.ends_at FROM unnest($1::timestamptz[]) at
CROSS JOIN LATERAL quiet_hours(at, $2, $3, $4, $5, $6) q ORDER BY at
"""
# Of the hour that is doubled or left out.
_PARTS = (-1, -0.5, -0.25, 0, 0.25, 0.5, 1)
_CLOCKS = """
SELECT ($1::timestamptz - interval '1 min') AT TIME ZONE $2 AS before,
    $1::timestamptz AT TIME ZONE $2 AS after
"""
_HOUR = timedelta(hours=1)
NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def around(change: datetime, offset: timedelta) -> time:
    return (change + offset).time().replace(second=0, microsecond=0)


async def asked(connection: asyncpg.Connection, begin: datetime, zone: str, *rules: object) -> list:
    return [
        tuple(row) for row in await connection.fetch(_SPELLS, begin, begin + 6 * 24 * _HOUR, zone, *rules)
    ]


@pytest.mark.parametrize(
    ("begin", "zone", "hours", "spell"),
    [
        # The clocks show 01:30 twice: at 05:30 and at 06:30.
        ("2026-11-01 02:00", NEW_YORK, ("21:00", "01:30"), ("2026-11-01 00:59:58", "2026-11-01 06:30")),
        ("2026-11-01 05:00", NEW_YORK, ("01:30", "09:00"), ("2026-11-01 05:29:58", "2026-11-01 14:00")),
        # They leave 02:30 out, at 07:00.
        ("2026-03-08 05:00", NEW_YORK, ("21:00", "02:30"), ("2026-03-08 01:59:58", "2026-03-08 07:30")),
        ("2026-03-08 05:00", NEW_YORK, ("02:30", "09:00"), ("2026-03-08 06:29:58", "2026-03-08 13:00")),
        # Half an hour twice, from 01:30 to 02:00.
        (
            "2026-04-04 12:00",
            "Australia/Lord_Howe",
            ("21:00", "01:45"),
            ("2026-04-04 09:59:58", "2026-04-04 15:15"),
        ),
        # There was no 30 December.
        ("2011-12-29 20:00", "Pacific/Apia", ("21:00", "09:00"), ("2011-12-30 06:59:58", "2011-12-30 19:00")),
    ],
)
async def test_a_time_that_is_twice_or_never_leaves_the_person_alone(database, begin, zone, hours, spell):
    async with database.connection() as connection:
        rules = [*(time.fromisoformat(each) for each in hours), 0, []]
        found = await asked(connection, utc(begin), zone, *rules)
    assert found[0] == tuple(utc(each) for each in spell)


async def test_every_change_of_clocks_is_read_as_the_plain_rules_read_it(database):
    """One zone for each kind of change, with hours that begin or end before, in and behind it."""
    kinds = changes(utc("2026-01-01"), utc("2027-06-01")) | changes(utc("2011-12-20"), utc("2012-01-05"))
    assert len(kinds) > 30
    dice = random.Random(1)
    checked = 0
    async with database.connection() as connection:
        for (change, before, after), zone in kinds.items():
            shown = await connection.fetchrow(_CLOCKS, change, zone)
            if (
                shown["before"] - change.replace(tzinfo=None),
                shown["after"] - change.replace(tzinfo=None),
            ) != (
                before - timedelta(minutes=1),
                after,
            ):
                continue  # Postgres has another year's rules.
            checked += 1
            edge = dice.choice((before, after)) + dice.choice(_PARTS) * abs(after - before)
            for quiet in ((time(21), around(change, edge)), (around(change, edge), time(9))):
                if quiet[0] == quiet[1]:
                    continue
                closed = dice.choice((set(), {change.date()}))
                rules = [*quiet, 0, sorted(closed)]
                begin = change - 50 * _HOUR
                expected = spans(zone, quiet, closed, begin.date() - timedelta(days=3), 16)
                expected = [one for one in expected if one[1] > begin and one[0] <= begin + 6 * 24 * _HOUR]
                told_by = (zone, change, quiet, closed)
                assert await asked(connection, begin, zone, *rules) == expected, told_by
                # The hand, which mostly looks at the clock alone.
                moments = [change + n * timedelta(minutes=10) for n in range(-300, 300, 7)]
                for at, ends_at in await connection.fetch(_HOURS, moments, zone, *rules):
                    assert ends_at == next((one[1] for one in expected if one[0] <= at < one[1]), None), (
                        at,
                        told_by,
                    )
    assert checked > len(kinds) * 0.8


async def test_weekdays_and_days_are_quiet_as_a_whole_and_with_the_nights_beside_them(database):
    # A Monday behind a weekend; the night before Saturday begins on Friday.
    rules = [time(21), time(9), 0b1100000, [date(2026, 8, 31)]]
    async with database.connection() as connection:
        found = await asked(connection, utc("2026-08-28 04:00"), "Asia/Kuala_Lumpur", *rules)
        plain = await asked(connection, utc("2026-08-28 04:00"), "Asia/Kuala_Lumpur", None, None, 0, rules[3])
        none = await asked(connection, utc("2026-08-28 04:00"), "Asia/Kuala_Lumpur", None, None, 0, [])
    assert found[0] == (utc("2026-08-28 12:59:58"), utc("2026-09-01 01:00"))
    assert plain == [(utc("2026-08-30 15:59:58"), utc("2026-08-31 16:00"))]
    assert none == []


async def test_the_forecast_has_the_calendar_of_the_hand(database):
    zones = {NEW_YORK: 1, "Asia/Kuala_Lumpur": 1, "Africa/Cairo": 1}
    begin = utc("2026-10-25 12:00")
    async with database.connection() as connection:
        account = await rows.account(connection)
        await connection.execute(
            "UPDATE account SET timezone = 'Europe/Berlin', quiet_from = '21:00', quiet_until = '01:30',"
            " quiet_weekdays = 64, quiet_days = '{2026-11-03}'"
        )
        settings = PostgresSettings(postgres_dsn=database.dsn("gateway"))
        async with Postgres(settings, application="test") as postgres:
            load = object.__new__(DeviceLoad)
            object.__setattr__(load, "zones", zones)
            calendar = await ForecastStore(postgres).calendar(account, begin, [load])
        moments = [begin + n * timedelta(minutes=17) for n in range(1000)]
        for zone in (*zones, "Europe/Berlin"):
            begins, ends = calendar.nights(zone)
            rules = [time(21), time(1, 30), 64, [date(2026, 11, 3)]]
            for at, ends_at in await connection.fetch(_HOURS, moments, zone, *rules):
                place = bisect_right(begins, at.timestamp()) - 1
                is_quiet = place >= 0 and at.timestamp() < ends[place]
                assert (ends[place] if is_quiet else None) == (ends_at and ends_at.timestamp()), (zone, at)
    assert calendar.spread_s == 1800
    assert calendar.midnight(calendar.number(begin.date())) == utc("2026-10-25 23:00").timestamp()


async def test_a_quiet_day_whose_midnight_is_left_out_is_the_same_for_the_hand(database):
    """The evening is quiet from 23:30, and the day behind it from 00:00, which may be 23:00 before."""
    rules = [time(23, 30), time(9), 0, [date(2026, 3, 29)]]
    begin = utc("2026-03-28 20:00")
    async with database.connection() as connection:
        [spell, *_] = await asked(connection, begin, "Atlantic/Azores", *rules)
        assert spell == (utc("2026-03-28 23:59:58"), utc("2026-03-30 09:00"))
        moments = [begin + n * timedelta(minutes=5) for n in range(80)]
        for at, ends_at in await connection.fetch(_HOURS, moments, "Atlantic/Azores", *rules):
            assert ends_at == (spell[1] if at >= spell[0] else None), at
