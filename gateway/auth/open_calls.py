"""The calls under way by key, so that those of a key that is no longer good can be ended."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.runtime.errors import KompangError


class OpenCall:
    """One call: the task that serves it, and the scope that it needs.

    Ended as `asyncio.timeout` ends a block: the task is cancelled, and at the edge of the block the
    cancellation becomes the error.
    """

    def __init__(self, scope: str) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a call is always served in a task
        self.scope = scope
        self._task = task
        self._requests = task.cancelling()
        self._error: KompangError | None = None

    def end(self, error: KompangError) -> None:
        """Ends the call with this error; the second time does nothing."""
        if self._error is None:
            self._error = error
            self._task.cancel()

    @contextmanager
    def until_ended(self) -> Iterator[None]:
        """Around the work of the call. Raises the error that ended it; another cancellation passes."""
        try:
            yield
        except asyncio.CancelledError:
            if self._error is None or self._task.uncancel() > self._requests:
                raise
            raise self._error from None


class OpenCalls:
    """Of one gateway."""

    def __init__(self) -> None:
        self._by_key: dict[str, set[OpenCall]] = {}

    def keys(self) -> list[str]:
        """The public ids of the keys that have calls."""
        return list(self._by_key)

    @contextmanager
    def opened(self, public_id: str, scope: str) -> Iterator[None]:
        """A call of this key is under way. Raises what it is ended with."""
        call = OpenCall(scope)
        calls = self._by_key.setdefault(public_id, set())
        calls.add(call)
        try:
            with call.until_ended():
                yield
        finally:
            calls.discard(call)
            if not calls and self._by_key.get(public_id) is calls:
                del self._by_key[public_id]

    def end(self, why: Callable[[str, str], KompangError | None]) -> None:
        """Ends the calls for which `why` has an error, by public id and scope."""
        for public_id, calls in self._by_key.items():
            for call in calls:
                if error := why(public_id, call.scope):
                    call.end(error)
