"""The statements of walks; the only caller of `queries.sql` beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.enrollment.campaigns.store import Position
from services.runtime.containment import contained
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


class SweepKind(StrEnum):
    """What a walk does: the values of `campaign_sweep.kind`."""

    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True)
class Sweep:
    """A walk over all messages of a campaign."""

    campaign_id: int
    kind: SweepKind


@dataclass(frozen=True)
class Step:
    """One piece of a walk: whether it was ours to take, messages looked at, messages changed."""

    sweeps: int
    messages: int
    changed: int


class SweepStore:
    """All methods raise as `services.runtime.postgres` says: `Unavailable` and `Aborted` may be repeated."""

    def __init__(self, postgres: Postgres) -> None:
        """`postgres` must have been opened with the `PLANNER` of campaigns."""
        self._postgres = postgres

    async def sweeps(self) -> list[Sweep]:
        """The walks to go on with. One of a kind that another version has written is left to that."""
        found = []
        for row in await self._postgres.fetch(_SQL.sweeps):
            with contained("enrollment.sweep.read", campaign_id=row["campaign_id"]):
                found.append(Sweep(row["campaign_id"], SweepKind(row["kind"])))
        return found

    async def close_devices(self, campaign_id: int) -> None:
        """No message of this campaign is written after this."""
        await self._postgres.execute(_SQL.close_devices, campaign_id)

    async def cancel(self, campaign_id: int, messages: int) -> Step:
        """The next messages of a cancelled campaign; safe to repeat."""
        row = await self._postgres.fetch_row(_SQL.cancel, campaign_id, messages)
        assert row is not None  # noqa: S101
        return Step(**row)

    async def retry(self, campaign_id: int, messages: int, reasons: Sequence[str]) -> Step:
        """The next messages of a campaign: those that failed for these reasons are pending again."""
        row = await self._postgres.fetch_row(_SQL.retry, campaign_id, messages, reasons)
        assert row is not None  # noqa: S101
        return Step(**row)

    async def next_swept(self, sweep: Sweep) -> Position | None:
        """Where a walk stands."""
        row = await self._postgres.fetch_row(_SQL.next_swept, sweep.campaign_id, sweep.kind)
        return Position(**row) if row else None

    async def pass_swept(self, sweep: Sweep, at: Position) -> None:
        """Leaves the message of this lead as it is; nothing, when the walk has gone on meanwhile."""
        await self._postgres.execute(_SQL.pass_swept, sweep.campaign_id, sweep.kind, at.cursor, at.lead_id)

    async def end_sweep(self, sweep: Sweep, again_s: float) -> None:
        """A walk is over; where something was left, the next one begins in so many seconds."""
        await self._postgres.execute(_SQL.end_sweep, sweep.campaign_id, sweep.kind, again_s)
