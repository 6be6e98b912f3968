"""Pure: from the counts of several looks at a campaign, its rate, its end, and whether it is over."""

from collections import deque
from datetime import datetime, timedelta

from gateway.campaigns.model import Progress
from gateway.campaigns.state import State

_WENT = ("sent", "delivered", "read")
_UNSETTLED = ("pending", "handed")
_SPAN = timedelta(seconds=10)


class Meter:
    """Sends a second, over the last ten seconds of looks."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, int]] = deque()

    def show(self, progress: Progress) -> float:
        """The rate with this look counted in; 0 at the first look."""
        self._seen.append((progress.at, _sum(progress, _WENT)))
        while len(self._seen) > 1 and self._seen[1][0] <= progress.at - _SPAN:
            self._seen.popleft()
        (since, before), (until, now) = self._seen[0], self._seen[-1]
        seconds = (until - since).total_seconds()
        return max(0.0, (now - before) / seconds) if seconds else 0.0


def ends_at(progress: Progress, rate: float) -> datetime | None:
    """The end of the plan, or a later moment where the rate is lower; None while nothing is sent."""
    if progress.state is not State.RUNNING or progress.plan_end is None:
        return None
    by_rate = progress.at
    if rate:
        by_rate += timedelta(seconds=min(_sum(progress, _UNSETTLED) / rate, 1e9))
    return max(progress.plan_end, by_rate)


def is_over(progress: Progress) -> bool:
    """Whether nothing can change by itself any more."""
    if progress.state is State.FINISHED:
        return True
    return progress.state is State.CANCELLED and not progress.is_swept and not _sum(progress, _UNSETTLED)


def _sum(progress: Progress, states: tuple[str, ...]) -> int:
    return sum(progress.counts.get(state, 0) for state in states)
