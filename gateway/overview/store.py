"""An account's devices, due messages and events, counted; the only caller of `queries.sql` beside it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from gateway.events.model import readable
from gateway.events.place import Place
from gateway.overview.model import Arrivals, Devices, Piece
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)

NOTABLE = 10
# Behind every event that can ever be.
LAST = Place(2**64 - 1, 2**63 - 1)

# Transactions begin in the order of their ids but for the long ones.
_LEEWAY = timedelta(minutes=1)


class OverviewStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def devices(self, account_id: int) -> Devices:
        """How many devices are in which condition."""
        row = await self._postgres.fetch_row(_SQL.devices, account_id)
        return Devices(**dict(row or {}))

    async def due(self, account_id: int, most_each: int) -> tuple[int, bool]:
        """Counts the due messages, at most so many of each device; returns also whether a device has more."""
        row: Any = await self._postgres.fetch_row(_SQL.due, account_id, most_each)
        return row["messages"], row["is_more"]

    async def campaign_messages(self, account_id: int) -> tuple[int, int]:
        """Messages of campaigns that are planned, and that are unknown."""
        row: Any = await self._postgres.fetch_row(_SQL.campaigns, account_id)
        return row["planned"], row["unknown"]

    async def open_campaigns(self, account_id: int, most: int) -> tuple[list[int], int]:
        """The ids of the newest open campaigns, and how many are open in all."""
        rows = await self._postgres.fetch(_SQL.open_campaigns, account_id, most)
        return [row["id"] for row in rows], rows[0]["campaigns"] if rows else 0

    async def unmatched_stops(self, account_id: int) -> int:
        """How many stop words came from nobody who is a lead."""
        row = await self._postgres.fetch_row(_SQL.unmatched_stops, account_id)
        return row[0] if row else 0

    async def doubts(self, account_id: int) -> int:
        """How many suppressions wait for a decision."""
        return int(await self._postgres.fetch_value(_SQL.doubts, account_id))

    async def arrivals(self, account_id: int) -> Arrivals:
        """How much of what the network took has arrived."""
        row: Any = await self._postgres.fetch_row(_SQL.arrivals, account_id)
        return Arrivals(**row)

    async def unknown(self, account_id: int, messages: Collection[int]) -> int:
        """How many of these messages wait for an operator's ResolveMessage."""
        if not messages:
            return 0
        return int(await self._postgres.fetch_value(_SQL.unknown, list(messages), account_id))

    async def place_at(self, account_id: int, at: datetime) -> Place:
        """A place some time before this moment, found by halving: events have no index on their time."""
        wanted, low = at - _LEEWAY, 0
        high = int(await self._postgres.fetch_value(_SQL.horizon))
        while high - low > 1:
            middle = (low + high) // 2
            found = await self._postgres.fetch_value(_SQL.probe, account_id, str(middle), wanted)
            if found is not None and found < wanted:
                low = middle
            else:
                high = middle
        return Place(low, 0)

    async def piece(
        self, account_id: int, after: Place, until: Place, most: int, day_at: datetime, seconds: datetime
    ) -> Piece:
        """The next events up to a place: states of the day, sends by second from `seconds` on."""
        rows = await self._postgres.fetch(
            _SQL.piece,
            account_id,
            str(after.xid),
            after.id,
            most,
            day_at,
            seconds,
            NOTABLE,
            str(until.xid),
            until.id,
        )
        piece = Piece(after)
        for row in rows:
            if row["xid"] is not None:
                piece.after, piece.events = Place(row["xid"], row["id"]), row["events"]
            if row["state"] is not None:
                piece.states[row["state"]] += row["today"]
                piece.unknown += row["unknown"] or []
            if row["second"] is not None and row["state"] == MessageState.SENT:
                piece.sends[row["second"]] += row["messages"]
        if rows[0]["ids"]:
            keys = (rows[0]["xids"], rows[0]["ids"])
            found = await self._postgres.fetch(_SQL.events, account_id, *keys, day_at, seconds)
            piece.notable = readable(found)
        return piece
