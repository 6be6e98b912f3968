"""One call: leads in flight are moved, batch by batch, for as long as its caller gives it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from services.enrollment.chain import ChainError
from services.enrollment.moves.model import Move, Moved
from services.enrollment.moves.move import move, must_wait
from services.enrollment.moves.remaining_steps import check
from services.enrollment.moves.store import MoveStore, Place, Snapshot
from services.enrollment.rate import Rate
from services.enrollment.scan import Draining
from services.enrollment.settings import EnrollmentSettings
from services.reasons import Reason
from services.runtime.containment import contained_each
from services.runtime.errors import FailedPrecondition, KompangError
from services.runtime.lifecycle import Life
from services.runtime.retry import repeated

_Answer = TypeVar("_Answer")

# Enrollments read between two looks at the clock: some 0.4 s of work.
_PAGE = 1000
# Partitions are made as far ahead as is needed, and so much further, in order to be asked for seldom.
_ROOM = timedelta(weeks=1)


@dataclass(frozen=True)
class MoveRequest:
    """One call: which sequence, from where on, whether it only counts, and for how long."""

    account_id: int
    sequence_id: int
    after: Place
    is_dry: bool
    budget_s: float


class MoveFailed(KompangError):
    """Leads fail, and none is moved beside them: the fault is not theirs."""

    def __init__(self) -> None:
        super().__init__("the leads cannot be moved; the log of the enrollment process says why")


class Mover:
    """Its calls take turns, batch by batch: together they lock one batch of leads.

    A lead that fails alone stays as it is, and is reported; the other leads of its batch are moved. Where no
    other lead works, the call fails, because its caller keeps an answer of success.
    """

    def __init__(self, store: MoveStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._batch_leads = settings.enrollment_batch_leads
        self._life = life
        self._turn = asyncio.Lock()
        self._rate = Rate(settings.enrollment_leads_per_second, life)
        self._room_until = datetime.min.replace(tzinfo=UTC)

    async def run(self, asked: MoveRequest) -> tuple[Moved, Place | None]:
        """The counts of the leads that were moved, or would be, and where to go on; None at the end.

        Raises `FailedPrecondition` for an unknown sequence and a chain that cannot be enrolled in,
        `Unavailable` if the database stays away, `MoveFailed` if every lead fails, `Draining` when the
        process drains before anything was looked at; later, a drain ends the call as its time does.
        """
        if self._life.is_draining:
            raise Draining("this replica is leaving; ask another")
        total, place = await self._walk(asked)
        if total.failed and total == Moved(failed=total.failed):
            raise MoveFailed
        return total, place

    async def _walk(self, asked: MoveRequest) -> tuple[Moved, Place | None]:
        total, until = Moved(), asyncio.get_running_loop().time() + asked.budget_s
        for head_id in await self._heads(asked):
            place: Place | None = asked.after if head_id == asked.after.head_id else Place(head_id)
            while place is not None:
                moved, after = await self._page(place, is_dry=asked.is_dry)
                total, place = total + moved, after
                if place is not None and self._is_over(until):
                    return total, place
        return total, None

    def _is_over(self, until: float) -> bool:
        return self._life.is_draining or asyncio.get_running_loop().time() >= until

    async def _heads(self, asked: MoveRequest) -> list[int]:
        """Those that are left to look at."""
        heads = await self._repeated(partial(self._store.heads, asked.account_id, asked.sequence_id))
        if not heads:
            raise FailedPrecondition("the sequence is unknown", reason=Reason.SEQUENCE_UNKNOWN)
        versions = await self._repeated(partial(self._store.versions, heads))
        with _refused():
            for head_id in heads:
                check(head_id, versions)
        return [head_id for head_id in heads if head_id >= asked.after.head_id]

    async def _page(self, place: Place, *, is_dry: bool) -> tuple[Moved, Place | None]:
        page = await self._repeated(partial(self._store.page, place, _PAGE))
        total = Moved()

        async def move_leads(lead_ids: Sequence[int]) -> None:
            nonlocal total
            total += await self._repeated(partial(self._batch, place.head_id, lead_ids, is_dry=is_dry))

        def ids(lead_id: int) -> dict[str, int]:
            return {"lead_id": lead_id, "sequence_id": place.head_id}

        for start in range(0, len(page.lead_ids), self._batch_leads):
            batch = page.lead_ids[start : start + self._batch_leads]
            async with self._turn:
                failed = await contained_each(
                    "enrollment.move", batch, move_leads, ids, raised=(KompangError,)
                )
            if len(failed) == len(batch) > 1:
                raise MoveFailed
            total += Moved(failed=len(failed))
        return total, None if page.is_last else page.end

    async def _batch(self, head_id: int, lead_ids: Sequence[int], *, is_dry: bool) -> Moved:
        """One transaction, and safe to repeat; a second one where room has to be made first."""
        if is_dry:
            return _planned(await self._store.look(head_id, lead_ids))[1]
        await self._rate.admit(len(lead_ids))
        while True:
            async with self._store.locked(head_id, lead_ids) as locked:
                moves, counted = _planned(locked.found)
                latest = max((one.scheduled_at for move_ in moves for one in move_.added), default=None)
                if latest is None or latest <= self._room_until:
                    if moves:
                        await locked.write(moves)
                    return counted
            await self._store.ensure_partitions(latest + _ROOM)
            self._room_until = latest + _ROOM

    async def _repeated(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        return await repeated(call, self._life)


def _planned(found: Snapshot) -> tuple[list[Move], Moved]:
    """The leads to move, and all of them counted."""
    moves: list[Move] = []
    counted = Moved()
    with _refused():
        for enrollment in found.enrollments:
            planned = move(enrollment, found.versions, found.now)
            if planned is None:
                counted += Moved(unchanged=1)
            elif must_wait(planned):
                counted += Moved(waiting=1)
            else:
                counted += Moved.of(planned)
                moves.append(planned)
    return moves, counted


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ChainError as error:
        raise FailedPrecondition(str(error), reason=Reason.CHAIN_NOT_ENROLLABLE) from error
