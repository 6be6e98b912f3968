"""The statements of enrollment; the only caller of `queries.sql` beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from services.enrollment.chain import Chain, Link
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Listener:
    """An active sequence with a trigger: the head of a chain."""

    account_id: int
    sequence_id: int


@dataclass(frozen=True)
class Cursor:
    """How far a scan has come: the last lead read, in the order of the index. Begins before the first."""

    device_id: int = 0
    lead_id: int = 0


@dataclass(frozen=True)
class Page:
    """The candidates among the leads read; `is_last` when nothing comes after `cursor`."""

    lead_ids: tuple[int, ...]
    cursor: Cursor
    is_last: bool


@dataclass(frozen=True)
class Batch:
    """Leads to enroll at once, with a traceparent (perhaps empty) for each."""

    listener: Listener
    chain: Chain
    lead_ids: Sequence[int]
    traceparents: Sequence[str]


class EnrollmentStore:
    """All methods raise as `services.runtime.postgres` says: `Unavailable` and `Aborted` may be repeated."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def listeners(self, account_id: int = 0) -> list[Listener]:
        """The active sequences with a trigger, of one account or (0) of all."""
        rows = await self._postgres.fetch(_SQL.listeners, account_id)
        return [Listener(row["account_id"], row["sequence_id"]) for row in rows]

    async def links(self, listener: Listener) -> list[Link]:
        """The sequences of its chain; none if it is unknown, another account's, or not listening."""
        rows = await self._postgres.fetch(_SQL.links, listener.account_id, listener.sequence_id)
        return [
            Link(
                sequence_id,
                next_id,
                tuple((row["step_id"], row["offset_s"]) for row in steps if row["step_id"] is not None),
            )
            for (sequence_id, next_id), steps in groupby(
                rows, lambda row: (row["sequence_id"], row["next_id"])
            )
        ]

    async def ensure_partitions(self, length_s: float) -> None:
        """Makes room for messages up to `length_s` seconds from now, and a week more."""
        await self._postgres.fetch_value(_SQL.ensure_partitions, length_s)

    async def page(self, listener: Listener, cursor: Cursor, size: int) -> Page:
        """The next `size` leads with the trigger."""
        rows = await self._postgres.fetch(
            _SQL.page, listener.account_id, listener.sequence_id, cursor.device_id, cursor.lead_id, size
        )
        end = Cursor(rows[-1]["device_id"], rows[-1]["lead_id"]) if rows else cursor
        return Page(tuple(row["lead_id"] for row in rows if row["is_candidate"]), end, len(rows) < size)

    async def enroll(self, batch: Batch) -> dict[int, int]:
        """Enrolls those leads of the batch that still qualify: lead id → enrollment id.

        One transaction, and safe to repeat, also when the answer to the first try was lost.
        """
        rows = await self._postgres.fetch(
            _SQL.enroll,
            batch.listener.account_id,
            batch.listener.sequence_id,
            batch.lead_ids,
            batch.traceparents,
            batch.chain.step_ids,
            batch.chain.offsets_s,
        )
        return {row["lead_id"]: row["enrollment_id"] for row in rows}
