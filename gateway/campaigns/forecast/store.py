"""What a forecast reads; the only caller of `queries.sql` beside it."""

from collections.abc import Sequence
from datetime import datetime

from gateway.accounts.model import QuietDay
from gateway.campaigns.forecast.calendar import Calendar, Spells
from gateway.campaigns.forecast.device_load import DeviceLoad
from gateway.campaigns.forecast.projection import DAYS
from services.runtime.containment import contained_each
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)

# Leads whose messages a forecast reads to see how often they hear; of more, a sample of about so many.
_LOOKED_AT = 50_000


class ForecastStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def loads(self, account_id: int, campaign_id: int, starts_at: datetime) -> list[DeviceLoad]:
        """Every device with leads of the audience."""
        rows = await self._postgres.fetch(_SQL.forecast, account_id, campaign_id, starts_at, _LOOKED_AT)
        return [DeviceLoad.of(row) for row in rows]

    async def calendar(self, account_id: int, starts_at: datetime, loads: Sequence[DeviceLoad]) -> Calendar:
        """What is quiet where the leads of these devices are, for as long as a projection looks ahead."""
        zones = sorted({zone for load in loads for zone in load.zones})
        [days] = await self._postgres.fetch(_SQL.days, account_id, starts_at, DAYS)
        spells: dict[str, Spells] = {}

        async def read(some: Sequence[str]) -> None:
            rows = await self._postgres.fetch(_SQL.spells, account_id, starts_at, DAYS, some)
            spells.update({row["zone"]: (row["begins"], row["ends"]) for row in rows})

        # A zone that Postgres does not know (any more) is without quiet spells, and alone in that.
        await read([])
        await contained_each("gateway.forecast.zone", zones, read, lambda zone: {"zone": zones.index(zone)})
        return Calendar(spells=spells, **days)

    async def quiet_days(self, account_id: int, starts_at: datetime, ends_at: datetime) -> list[QuietDay]:
        """The single quiet days from one moment to another."""
        rows = await self._postgres.fetch(_SQL.quiet_days, account_id, starts_at, ends_at)
        return [QuietDay(**row) for row in rows]
