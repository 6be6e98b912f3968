"""Leases of shards, and their repair, as typed calls."""

from collections.abc import Sequence

from gateway.admin.shards.model import Lease
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class ShardStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def leases(self) -> list[Lease]:
        """Of all shards."""
        return [Lease(**row) for row in await self._postgres.fetch(_SQL.shards)]

    async def handed(self, shards: Sequence[int]) -> int:
        """How many messages of these shards are with a host."""
        row = await self._postgres.fetch_row(_SQL.handed, list(shards))
        return int(row["count"]) if row is not None else 0

    async def repair(self, shards: Sequence[int], epoch: int) -> tuple[int, int]:
        """Sets their epoch, without a holder; (shards, messages that became unknown)."""
        row = await self._postgres.fetch_row(_SQL.repair, sorted(shards), epoch)
        return (row["shards"], row["messages"]) if row is not None else (0, 0)
