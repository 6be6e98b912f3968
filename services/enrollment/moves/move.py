"""Pure: what a lead's messages become on the newest version of its chain, and when each is due.

The times are those of the newest offsets, counted from the last message that was handed as it was planned,
else from the enrollment: what an edit does not touch keeps its time. A message that is late already keeps
its place too. A time in the past that no message has yet is not caught up: from there on, the rest begins
now, or a distance after the message before it where that one is late itself, and keeps its distances. So
no move makes a burst.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.enrollment.moves.model import (
    HELD_REASON,
    Added,
    ChainVersions,
    Enrollment,
    Kept,
    Move,
    PlannedMessage,
    RemainingStep,
)
from services.enrollment.moves.remaining_steps import last_handed, remaining_steps

_HELD_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def move(enrollment: Enrollment, versions: ChainVersions, now: datetime) -> Move | None:
    """None when the lead is on the newest version. Raises `ChainError` for a chain that is too long."""
    steps = remaining_steps(enrollment, versions)
    opened = [one for one in enrollment.messages if one.is_open]
    last = last_handed(enrollment)
    ends = not steps and last is not None and last.is_over
    if [one.step_id for one in opened] == [step.step_id for step in steps] and not ends:
        return None
    kept, added = _Times(enrollment, last, opened, now).place(steps)
    reused = {one.message.id for one in kept}
    return Move(
        enrollment,
        message_count=(last.position if last else 0) + len(steps),
        ends=ends,
        kept=kept,
        added=added,
        dropped=[one for one in opened if one.id not in reused],
    )


def must_wait(moved: Move) -> bool:
    """Whether nothing follows on what is with a host now.

    Its outcome, which is to close the enrollment, may be waiting for our locks with a view from before.
    """
    last = last_handed(moved.enrollment)
    return (
        not moved.ends
        and last is not None
        and moved.message_count == last.position == _flying(moved.enrollment)
    )


def _flying(enrollment: Enrollment) -> int:
    return next((one.position for one in enrollment.messages if one.id == enrollment.flying_id), 0)


class _Times:
    """Places the steps ahead of one lead."""

    def __init__(
        self,
        enrollment: Enrollment,
        last: PlannedMessage | None,
        opened: Sequence[PlannedMessage],
        now: datetime,
    ) -> None:
        self._enrollment = enrollment
        self._last = last
        self._now = now
        self._first_position = (last.position if last else 0) + 1
        self._since = last.scheduled_at if last else enrollment.created_at
        self._by_time = {one.scheduled_at: one for one in reversed(opened)}
        self._delay = _delay(opened)

    def place(self, steps: Sequence[RemainingStep]) -> tuple[list[Kept], list[Added]]:
        """Each step in the row that has its time, else in a new one."""
        kept: list[Kept] = []
        added: list[Added] = []
        pushed: timedelta | None = None
        for index, step in enumerate(steps):
            position, at = self._first_position + index, self._since + step.after
            there = self._by_time.pop(at, None) if pushed is None else None
            if there is not None:
                kept.append(Kept(there, step.step_id, position))
                continue
            if pushed is None and at < self._now:
                before = steps[index - 1].after if index else timedelta()
                pushed = self._begin(at, step.after - before, kept) - at
            added.append(self._added(step.step_id, position, at, pushed))
        return kept, added

    def _begin(self, at: datetime, distance: timedelta, kept: Sequence[Kept]) -> datetime:
        """When a step goes whose time is over: not before now, nor too near the message before it."""
        went = self._went(kept[-1].message if kept else self._last)
        return max(self._now, at + self._delay, went + distance)

    def _went(self, before: PlannedMessage | None) -> datetime:
        if before is None:
            return _LONG_AGO
        if before.is_over:
            return before.sent_at or before.scheduled_at
        waits = before.not_before if before.not_before and not self._enrollment.is_held else self._now
        return max(self._now, before.scheduled_at, waits)

    def _added(self, step_id: int, position: int, at: datetime, pushed: timedelta | None) -> Added:
        scheduled_at = at if pushed is None else at + pushed
        if self._enrollment.is_held:
            return Added(step_id, position, scheduled_at, _HELD_UNTIL, HELD_REASON)
        later = scheduled_at + self._delay if pushed is None and self._delay else None
        return Added(step_id, position, scheduled_at, later, None)


def _delay(opened: Sequence[PlannedMessage]) -> timedelta:
    """By how much a lead goes on later than planned that a reply had held; guards give a reason instead."""
    return max(
        (
            one.not_before - one.scheduled_at
            for one in opened
            if one.not_before is not None and not one.reason and one.not_before > one.scheduled_at
        ),
        default=timedelta(),
    )
