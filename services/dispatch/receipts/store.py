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
class Arrivals:
    """Of messages that should have arrived: how many there are, how many have not; devices that are poor."""

    accepted: int
    undelivered: int
    poor: int


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

    async def count_undelivered(self, shards: Sequence[int], after_s: float, least: int) -> Arrivals:
        """Counts the messages of these shards that should have arrived by now, and have not."""
        [row] = await self._postgres.fetch(SQL.count_undelivered, list(shards), after_s, least)
        return Arrivals(**row)

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
