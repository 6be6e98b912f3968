"""The statements that record receipts as typed calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# What a receipt tells of was mostly due a moment ago; the rest is looked for in every partition.
_LATELY = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message that this device sent; `at` is the network's time, where it told one."""

    device_id: int
    wire_id: str
    kind: MessageState
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Named:
    """A receipt and the message that it names; `state` is the one before, and `is_moved`: it is recorded."""

    receipt: Receipt
    message_id: int | None
    scheduled_at: datetime | None
    state: MessageState | None
    is_moved: bool


@dataclass(frozen=True, slots=True)
class _Open:
    """A row of `settle_receipts`."""

    device_id: int
    message_id: int
    scheduled_at: datetime
    kind: MessageState
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Of messages of a device that should have arrived: how many there are, and how many have not.

    `arrived`: something has. `is_poor`: so little that something is wrong. `is_changed`: another is kept.
    """

    device_id: int
    accepted: int
    undelivered: int
    arrived: bool
    is_poor: bool
    is_changed: bool


class ReceiptStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def record(self, receipts: Sequence[Receipt]) -> list[Named]:
        """Moves messages on, one receipt a message; in the order of the receipts, what each one names."""
        since = datetime.now(UTC) - _LATELY
        named = await self._record(receipts, since, _NEVER)
        older = [each.receipt for each in named if each.message_id is not None and each.state is None]
        if not older:
            return named
        found = iter(await self._record(older, _LONG_AGO, since))
        return [next(found) if each.message_id is not None and each.state is None else each for each in named]

    async def settle(self, named: Sequence[Named]) -> int:
        """Settles messages that nobody knew to be sent, or that changed meanwhile; how many were unknown."""
        rows = [
            _Open(
                each.receipt.device_id, each.message_id, each.scheduled_at, each.receipt.kind, each.receipt.at
            )
            for each in named
            if each.message_id is not None and each.scheduled_at is not None
        ]
        settled = await self._postgres.fetch(
            SQL.settle_receipts, *columns(rows, "device_id", "message_id", "scheduled_at", "kind", "at")
        )
        return sum(row["is_new"] for row in settled)

    async def arrivals(self, shards: Sequence[int], after_s: float, least: int) -> list[Arrived]:
        """Of the devices of these shards: the messages that should have arrived by now."""
        return [
            Arrived(**row) for row in await self._postgres.fetch(SQL.arrivals, list(shards), after_s, least)
        ]

    async def keep_arrivals(self, found: Sequence[Arrived]) -> None:
        """Keeps it for those who read it; an event tells of each device that has become poor."""
        await self._postgres.execute(
            SQL.keep_arrivals, *columns(found, "device_id", "accepted", "undelivered", "arrived", "is_poor")
        )

    async def forget_arrivals(self, shards: Sequence[int]) -> None:
        """Deletes the sums from which nothing is told any more."""
        await self._postgres.execute(SQL.forget_arrivals, list(shards))

    async def _record(self, receipts: Sequence[Receipt], since: datetime, until: datetime) -> list[Named]:
        rows = await self._postgres.fetch(
            SQL.record_receipts, *columns(receipts, "device_id", "wire_id", "kind"), since, until
        )
        return [
            Named(
                receipts[row["place"] - 1],
                row["message_id"],
                row["scheduled_at"],
                MessageState(row["state"]) if row["state"] else None,
                row["is_moved"],
            )
            for row in sorted(rows, key=lambda row: row["place"])
        ]
