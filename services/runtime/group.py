"""A task group whose failure leaves no trace on the task that opened it."""

import asyncio
from types import TracebackType


class Group(asyncio.TaskGroup):
    """A group for loops that continue after a group has failed.

    A child that fails makes `asyncio.TaskGroup` cancel the task that waits for it, and before Python 3.13
    asyncio never withdraws that request. The first versions of 3.11 then treat the task as one that is being
    cancelled for ever: the next `asyncio.timeout` in it that runs out, also inside a library, ends the loop
    without an error.
    """

    async def __aenter__(self) -> "Group":
        """Enters the group."""
        self._requests = _requests()
        await super().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Raises what its parent raises; when that is a group of errors, this task is not being cancelled."""
        try:
            await super().__aexit__(kind, error, traceback)
        except BaseExceptionGroup:
            self._forget()
            raise

    def _forget(self) -> None:
        task = asyncio.current_task()
        while task is not None and task.cancelling() > self._requests:
            task.uncancel()


def _requests() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
