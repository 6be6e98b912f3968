"""Times that Python has no type for and Postgres may keep: years before 1 and after 9999, infinity, ages.

asyncpg raises on most of them, for all rows of the statement at once, and tells infinity as a time without a
zone. With these codecs such a time is the first or the last that there is, and only the row that has it is
odd. The last and the first one are written as infinity, as asyncpg does.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import asyncpg

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = _BEGIN.date()
_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)
_INFINITE, _INFINITE_DAY = 2**63 - 1, 2**31 - 1


OnConnect = Callable[[asyncpg.Connection], Awaitable[None]]


def and_far_times(check: OnConnect) -> OnConnect:
    """For `Postgres(on_connect=…)`: what is awaited for each new connection, and then the codecs."""

    async def prepared(connection: asyncpg.Connection) -> None:
        await check(connection)
        await take_far_times(connection)

    return prepared


async def take_far_times(connection: asyncpg.Connection) -> None:
    """Sets the codecs of one connection."""
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_encoded, decoder=_decoded
    )
    await connection.set_type_codec(
        "interval", schema="pg_catalog", format="tuple", encoder=_encoded_length, decoder=_decoded_length
    )
    await connection.set_type_codec(
        "date", schema="pg_catalog", format="tuple", encoder=_encoded_day, decoder=_decoded_day
    )


def _decoded(kept: tuple[int]) -> datetime:
    try:
        return _BEGIN + timedelta(microseconds=kept[0])
    except OverflowError:
        return LAST if kept[0] > 0 else FIRST


def _encoded(at: datetime) -> tuple[int]:
    if at in (FIRST, LAST):
        return (_INFINITE if at == LAST else -_INFINITE - 1,)
    return ((at - _BEGIN) // _MICROSECOND,)


def _decoded_length(kept: tuple[int, int, int]) -> timedelta:
    months, days, microseconds = kept
    # As asyncpg reckons: of 14 months back, 12 are a year and two have 30 days.
    sign = -1 if months < 0 else 1
    years, months = divmod(abs(months), 12)
    days += sign * (years * 365 + months * 30)
    try:
        return timedelta(days=days, microseconds=microseconds)
    except OverflowError:
        return timedelta.max if days > 0 else timedelta.min


def _encoded_length(length: timedelta) -> tuple[int, int, int]:
    return 0, length.days, length.seconds * 1_000_000 + length.microseconds


def _decoded_day(kept: tuple[int]) -> date:
    try:
        return _FIRST_DAY + timedelta(days=kept[0])
    except OverflowError:
        return date.max if kept[0] > 0 else date.min


def _encoded_day(day: date) -> tuple[int]:
    if day in (date.min, date.max):
        return (_INFINITE_DAY if day == date.max else -_INFINITE_DAY - 1,)
    return ((day - _FIRST_DAY) // _DAY,)
