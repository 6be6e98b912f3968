"""A task group whose failure leaves no trace on the task that opened it."""

import asyncio
import sys
from types import TracebackType


class Group(asyncio.TaskGroup):
    """A group for loops that continue after a group has failed.

    A child that fails makes `asyncio.TaskGroup` cancel the task that waits for it, and before Python 3.13
    asyncio never withdraws that request. The first versions of 3.11 then treat the task as one that is being
    cancelled for ever: the next `asyncio.timeout` in it that runs out, also inside a library, ends the loop
    without an error. A request of somebody else is forgotten where a child fails at the same time: the loop
    would go on, and whoever waits for its end would wait for ever.
    """

    async def __aenter__(self) -> "Group":
        """Enters the group."""
        self._requests = _requests()
        await super().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Raises what its parent raises.

        When that is a group of errors, this task is not being cancelled, unless somebody else asked for it
        meanwhile: then the next wait of the task is.
        """
        is_withdrawn = self._is_own_requested
        is_cancelled = kind is asyncio.CancelledError and not is_withdrawn
        try:
            await super().__aexit__(kind, error, traceback)
        except BaseExceptionGroup:
            if sys.version_info < (3, 13):
                self._forget(is_cancelled=is_cancelled, has_own=self._is_own_requested and not is_withdrawn)
            raise

    @property
    def _is_own_requested(self) -> bool:
        """Whether the group has asked to cancel the task that waits for it."""
        return bool(getattr(self, "_parent_cancel_requested", False))

    def _forget(self, *, is_cancelled: bool, has_own: bool) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        if has_own:
            task.uncancel()
        if is_cancelled or task.cancelling() > self._requests:
            # Its error gave way to those of the children.
            task.uncancel()
            task.cancel()


def _requests() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
