"""Writes public holidays; the only caller of `queries.sql` beside it."""

from gateway.holidays.calendar import Calendars
from gateway.idempotency.store import Connection
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


async def replace(connection: Connection, calendars: Calendars) -> None:
    """The holidays of these regions are those given, from their first day on."""
    found = calendars.holidays
    await connection.execute(
        _SQL.replace,
        calendars.regions,
        calendars.first,
        [one.region for one in found],
        [one.day for one in found],
        [one.name for one in found],
        [one.is_estimated for one in found],
    )
