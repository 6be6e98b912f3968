"""Tries again, with backoff and jitter: the one mechanism for whatever passes by itself.

Which form serves whom:

- `services.runtime.backoff.delay` is the pure function. Use it where something else does the waiting: a
  timer, a column in the database, a pause that ends early for a reason of its own.
- `Retry.call` repeats one call until it succeeds, the tries are used up, or the drain begins.
- `repeated` is `Retry.call` for one statement, over a restart of the database.
- `Retry.pause` and `Retry.succeeded` serve a loop that does its own work between the tries (a stream, a
  watch). `Retry.failed` is `pause` without the waiting.
- `services.runtime.lifecycle.every` runs a `run_once` for ever, on the same terms.

The first failure in a row and the recovery are logged, not what lies between, so an hour without a database
is two lines. Only what is safe to repeat may be tried again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from services.runtime.backoff import FIRST_S, LONGEST_S, delay
from services.runtime.containment import PASSING
from services.runtime.errors import Aborted, KompangError, Unavailable

# About 8 s of pauses: over a restart of the database. Beyond that the caller decides.
_STATEMENT_TRIES = 6

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class Pausing(Protocol):
    """A `services.runtime.lifecycle.Life`, as far as a pause needs one."""

    async def pause(self, seconds: float) -> bool:
        """Waits; returns early with False when the drain begins."""


class Retry:
    """Counts the failures in a row of one activity, and pauses between its tries.

    `what` names the activity in the log; None logs nothing (a command at a terminal). With `life`, a pause
    ends when the drain begins.
    """

    def __init__(
        self,
        what: str | None,
        *,
        first_s: float = FIRST_S,
        longest_s: float = LONGEST_S,
        life: Pausing | None = None,
    ) -> None:
        self.failures = 0
        self._what = what
        self._first_s = first_s
        self._longest_s = longest_s
        self._life = life

    def failed(self, error: BaseException | None = None) -> float:
        """Counts a failure; returns the seconds to wait before the next try."""
        self.failures += 1
        wait = delay(self.failures, self._first_s, self._longest_s)
        if self.failures == 1 and self._what is not None:
            log.warning(
                "failed; trying again until it works",
                extra={"what": self._what, "retry_s": round(wait, 2)} | _description(error),
            )
        return wait

    def succeeded(self) -> None:
        """Counts from zero again."""
        if self.failures and self._what is not None:
            log.info("works again", extra={"what": self._what, "failures": self.failures})
        self.failures = 0

    async def pause(self, error: BaseException | None = None) -> bool:
        """Counts a failure and waits. False when the drain has begun: do not try again."""
        wait = self.failed(error)
        if self._life is not None:
            return await self._life.pause(wait)
        await asyncio.sleep(wait)
        return True

    async def call(
        self,
        attempt: Callable[[], Awaitable[_Answer]],
        *,
        passing: tuple[type[Exception], ...] = PASSING,
        tries: int | None = None,
    ) -> _Answer:
        """The answer of the first attempt that has one.

        Raises what is not in `passing` at once, and what is after `tries` failures or when the drain begins.
        """
        while True:
            try:
                answer = await attempt()
            except passing as error:
                is_last = tries is not None and self.failures + 1 >= tries
                if is_last or not await self.pause(error):
                    raise
            else:
                self.succeeded()
                return answer


async def repeated(statement: Callable[[], Awaitable[_Answer]], life: Pausing) -> _Answer:
    """The answer of a statement that is safe to repeat. Raises as the statement in the end, or in a drain."""
    retry = Retry("statement", life=life)
    return await retry.call(statement, passing=(Unavailable, Aborted), tries=_STATEMENT_TRIES)


def _description(error: BaseException | None) -> dict[str, str]:
    """Our own errors are safe to log whole; of another one only its type is."""
    if isinstance(error, KompangError):
        return {"reason": error.reason, "error": error.message}
    return {} if error is None else {"reason": type(error).__qualname__}
