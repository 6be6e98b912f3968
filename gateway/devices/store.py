"""The devices of an account, with what their hosts and their pace say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from gateway.requests.store import Connection
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Draft:
    """A device to create; `phone` in E.164. Its fields are the columns of the statement, in order."""

    phone: str
    display_name: str
    min_delay: timedelta
    max_delay: timedelta
    daily_cap: int
    warmup_start: int
    warmup_growth: float


@dataclass(frozen=True)
class Stored:
    """A device; `host` is empty while no shard host has its shard."""

    id: int
    display_name: str
    phone: str
    min_delay: timedelta
    max_delay: timedelta
    daily_cap: int
    warmup_start: int
    warmup_growth: float
    state: str
    state_reason: str
    held_until: datetime | None
    shard: int
    created_at: datetime
    last_sent_at: datetime | None
    host: str


class DeviceStore:
    """Reads by itself; changes run on the connection of a mutation."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def get(self, account_id: int, device_id: int) -> Stored | None:
        """One device, or None."""
        row = await self._postgres.fetch_row(_SQL.read_many, account_id, [device_id])
        return row and Stored(**row)

    async def page(self, account_id: int, after_id: int, limit: int) -> list[Stored]:
        """The oldest devices after this one."""
        return [Stored(**row) for row in await self._postgres.fetch(_SQL.list, account_id, after_id, limit)]

    async def exists(self, account_id: int, device_id: int) -> bool:
        """Whether the device is there and the account's."""
        return bool(await self._postgres.fetch(_SQL.exists, account_id, [device_id]))

    async def existing(self, connection: Connection, account_id: int, ids: Collection[int]) -> set[int]:
        """Those of these ids that are devices of the account."""
        rows = await connection.fetch(_SQL.exists, account_id, list(ids)) if ids else ()
        return {row["id"] for row in rows}

    async def create(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft]
    ) -> dict[str, int]:
        """The ids by number; a number that the account has linked already is missing in it."""
        columns = [[getattr(draft, field.name) for draft in drafts] for field in fields(Draft)]
        rows = await connection.fetch(_SQL.create, account_id, *columns)
        return {row["phone"]: row["id"] for row in rows}

    async def read_many(
        self, connection: Connection, account_id: int, ids: Collection[int]
    ) -> dict[int, Stored]:
        """Devices as this transaction sees them, by id."""
        rows = await connection.fetch(_SQL.read_many, account_id, list(ids))
        return {row["id"]: Stored(**row) for row in rows}
