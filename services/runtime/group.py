"""A task group whose failure leaves no trace on the task that opened it."""

import asyncio
from types import TracebackType


class Group(asyncio.TaskGroup):
    """For loops that go on after a group has failed.

    A child that fails makes `asyncio.TaskGroup` cancel the task that waits for it, and before Python 3.13
    nobody takes that back. The first versions of 3.11 then believe for ever that the task is being cancelled:
    the next `asyncio.timeout` in it that runs out, also one inside a library, ends the loop in silence.
    """

    async def __aenter__(self) -> "Group":
        """As its parent."""
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
