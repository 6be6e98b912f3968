"""The events of all accounts, in the order of their commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.events.place import Place
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Stored:
    """One event and its place."""

    place: Place
    at: datetime
    account_id: int
    type: str
    message_id: int | None
    lead_id: int | None
    device_id: int | None
    state: str | None
    reason: str | None
    sequence: str | None


class EventStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def horizon(self) -> Place:
        """The place before which nothing will be added any more."""
        return Place(int(await self._postgres.fetch_value(_SQL.horizon)), 0)

    async def tail(self, after: Place, accounts: Collection[int], limit: int) -> tuple[list[Stored], Place]:
        """The next events of these accounts, and the place up to which they are all."""
        rows = await self._postgres.fetch(_SQL.tail, str(after.xid), after.id, list(accounts), limit)
        events = [stored(row) for row in rows if row["id"] is not None]
        if len(events) == limit:
            return events, events[-1].place
        # The horizon never falls, but this answer may be older than the place asked for.
        return events, max(after, Place(rows[0]["horizon"], 0))

    async def history(self, account_id: int, after: Place, until: Place, limit: int) -> list[Stored]:
        """The account's next events after one place and up to another that is not beyond the horizon."""
        rows = await self._postgres.fetch(
            _SQL.history, account_id, str(after.xid), after.id, str(until.xid), until.id, limit
        )
        return [stored(row) for row in rows]


def stored(row: Any) -> Stored:
    """A row with the columns of `tail`."""
    return Stored(
        place=Place(row["xid"], row["id"]),
        at=row["at"],
        account_id=row["account_id"],
        type=row["type"],
        message_id=row["message_id"],
        lead_id=row["lead_id"],
        device_id=row["device_id"],
        state=row["state"],
        reason=row["reason"],
        sequence=row["sequence"],
    )
