"""The statements of moves; the only caller of `queries.sql` beside it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import asyncpg

from services.enrollment.moves.model import ChainVersions, Enrollment, Move, NewestVersion, PlannedMessage
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Place:
    """The last enrollment looked at, in the order in which they are. Begins before the first."""

    head_id: int = 0
    lead_id: int = 0
    round: int = 0


@dataclass(frozen=True)
class Page:
    """Leads in flight among the enrollments read, those of a device together."""

    lead_ids: Sequence[int]
    end: Place
    is_last: bool


@dataclass(frozen=True)
class Snapshot:
    """The enrollments of some leads at one moment, and the sequences they may go on through."""

    enrollments: Sequence[Enrollment]
    versions: ChainVersions
    now: datetime


class MoveStore:
    """All methods raise as `services.runtime.postgres` says: `Unavailable` and `Aborted` may be repeated."""

    def __init__(self, postgres: Postgres) -> None:
        """`postgres` must have been opened with `PLANNER`."""
        self._postgres = postgres

    async def heads(self, account_id: int, sequence_id: int) -> list[int]:
        """The sequences whose chain goes through this one; none if it is unknown, or another account's."""
        return [row["id"] for row in await self._postgres.fetch(_SQL.heads, account_id, sequence_id)]

    async def versions(self, sequence_ids: Sequence[int]) -> ChainVersions:
        """Their newest steps, with all that links reach."""
        async with self._postgres.connection() as connection:
            return await _versions(connection, sequence_ids, [])

    async def page(self, after: Place, size: int) -> Page:
        """The next `size` enrollments of the head of `after`."""
        rows = await self._postgres.fetch(_SQL.page, after.head_id, after.lead_id, after.round, size)
        flying = sorted({(row["device_id"], row["lead_id"]) for row in rows if row["is_in_flight"]})
        end = Place(after.head_id, rows[-1]["lead_id"], rows[-1]["round"]) if rows else after
        return Page([lead_id for _, lead_id in flying], end, len(rows) < size)

    async def ensure_partitions(self, until: datetime) -> None:
        """Makes room for messages up to this time."""
        await self._postgres.fetch_value(_SQL.ensure_partitions, until)

    async def look(self, head_id: int, lead_ids: Sequence[int]) -> Snapshot:
        """The leads as they are, without locking anything."""
        async with self._postgres.transaction() as connection:
            return await _snapshot(connection, head_id, lead_ids)

    @asynccontextmanager
    async def locked(self, head_id: int, lead_ids: Sequence[int]) -> AsyncIterator["Locked"]:
        """The leads as they are and stay until the end of the block, which commits."""
        async with self._postgres.transaction() as connection:
            await connection.execute(_SQL.lock_leads, lead_ids)
            # Each a statement of its own, to see what was committed while the one before waited.
            await connection.execute(_SQL.lock_paces, lead_ids)
            yield Locked(connection, await _snapshot(connection, head_id, lead_ids))


class Locked:
    """Leads that nobody else changes, nor sends to."""

    def __init__(self, connection: asyncpg.Connection, found: Snapshot) -> None:
        self._connection = connection
        self.found = found

    async def write(self, moves: Sequence[Move]) -> None:
        """Carries them out."""
        kept = [one for move in moves for one in move.kept]
        dropped = [one for move in moves for one in move.dropped]
        added = [(move.enrollment.enrollment_id, one) for move in moves for one in move.added]
        await self._connection.execute(
            _SQL.write,
            [one.message.id for one in kept],
            [one.message.scheduled_at for one in kept],
            [one.step_id for one in kept],
            [one.position for one in kept],
            [one.id for one in dropped],
            [one.scheduled_at for one in dropped],
            [enrollment_id for enrollment_id, _ in added],
            [one.step_id for _, one in added],
            [one.position for _, one in added],
            [one.scheduled_at for _, one in added],
            [one.not_before for _, one in added],
            [one.reason for _, one in added],
            [move.enrollment.enrollment_id for move in moves],
            [move.message_count for move in moves],
            [move.ends for move in moves],
        )


async def _snapshot(connection: asyncpg.Connection, head_id: int, lead_ids: Sequence[int]) -> Snapshot:
    now = await connection.fetchval(_SQL.now)
    rows = await connection.fetch(_SQL.enrollments, lead_ids, head_id)
    enrollments = [_enrollment(list(group)) for _, group in groupby(rows, lambda row: row["enrollment_id"])]
    had = sorted(
        {
            (one.sequence_id, one.revision)
            for enrollment in enrollments
            for one in enrollment.messages
            if one.attempts
        }
    )
    versions = await _versions(connection, sorted({head_id, *(sequence_id for sequence_id, _ in had)}), had)
    return Snapshot(enrollments, versions, now)


def _enrollment(rows: Sequence[Any]) -> Enrollment:
    first = rows[0]
    return Enrollment(
        first["enrollment_id"],
        first["head_id"],
        first["lead_id"],
        first["device_id"],
        first["is_held"],
        first["created_at"],
        first["flying_id"],
        [_message(row) for row in rows if row["id"] is not None],
    )


def _message(row: Any) -> PlannedMessage:
    return PlannedMessage(
        row["id"],
        row["scheduled_at"],
        row["state"],
        row["position"],
        row["attempts"],
        row["not_before"],
        row["reason"],
        row["sent_at"],
        row["step_id"],
        row["sequence_id"],
        row["revision"],
        row["place"],
    )


async def _versions(
    connection: asyncpg.Connection, sequence_ids: Sequence[int], had: Iterable[tuple[int, int]]
) -> ChainVersions:
    newest: dict[int, NewestVersion] = {}
    rows = await connection.fetch(_SQL.newest, sequence_ids)
    for (sequence_id, next_id), steps in groupby(rows, lambda row: (row["sequence_id"], row["next_id"])):
        known = [
            (row["step_id"], row["offset_s"], row["says"]) for row in steps if row["step_id"] is not None
        ]
        newest[sequence_id] = NewestVersion(sequence_id, next_id, known)
    asked = list(had)
    said = await connection.fetch(_SQL.before, [one for one, _ in asked], [one for _, one in asked])
    return ChainVersions(newest, {(row["sequence_id"], row["revision"]): row["says"] for row in said})
