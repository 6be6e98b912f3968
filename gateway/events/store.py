"""The events of all accounts, in the order of their commits; the only caller of `queries.sql` beside it."""

from collections.abc import Collection
from typing import Any

from gateway import wire
from gateway.events.model import Stored, readable
from gateway.events.place import Place
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class EventStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def horizon(self) -> Place:
        """The place before which no event will be added any more."""
        return Place(int(await self._postgres.fetch_value(_SQL.horizon)), 0)

    async def tail(self, after: Place, accounts: Collection[int], limit: int) -> tuple[list[Stored], Place]:
        """The next events of these accounts, and the place up to which they are complete."""
        rows = await self._postgres.fetch(_SQL.tail, str(after.xid), after.id, list(accounts), limit)
        found = [row for row in rows if row["id"] is not None]
        if len(found) == limit:
            return readable(found), _place(found[-1])
        # The horizon never falls, but this answer may be older than the place asked for.
        return readable(found), max(after, Place(rows[0]["horizon"], 0))

    async def of_lead(
        self, account_id: int, lead_id: int, after: tuple[int, int], limit: int
    ) -> list[Stored]:
        """Events about one lead after (microseconds since 1970, id), oldest first."""
        at = wire.from_microseconds(after[0])
        return readable(await self._postgres.fetch(_SQL.of_lead, account_id, lead_id, at, after[1], limit))

    async def history(
        self, account_id: int, after: Place, until: Place, limit: int
    ) -> tuple[list[Stored], Place | None]:
        """The account's next events between two places, and the place of the last one.

        `until` is not beyond the horizon. The place is None when no event is left.
        """
        rows = await self._postgres.fetch(
            _SQL.history, account_id, str(after.xid), after.id, str(until.xid), until.id, limit
        )
        return readable(rows), _place(rows[-1]) if rows else None


def _place(row: Any) -> Place:
    return Place(row["xid"], row["id"])
