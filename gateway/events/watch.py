"""One watcher's share of the events: a buffer with an end."""

import asyncio
from collections.abc import Sequence

from gateway.events.model import Stored
from gateway.events.place import Place
from services.reasons import Reason
from services.runtime.errors import KompangError, ResourceExhausted


class Watch:
    """Filled by the hub, emptied by one caller. `start`: it gets every event of its account after this."""

    def __init__(self, account_id: int, start: Place, limit: int) -> None:
        self.account_id = account_id
        self.start = start
        self._limit = limit
        self._buffer: list[Stored] = []
        self._end: KompangError | None = None
        self._changed = asyncio.Event()

    def offer(self, events: Sequence[Stored]) -> None:
        """Never waits: a buffer that is full ends the watch instead."""
        if self._end is None and len(self._buffer) + len(events) > self._limit:
            self.end(
                ResourceExhausted(
                    f"more than {self._limit} events wait for you; read faster, and resume with the last"
                    " resume_token",
                    reason=Reason.WATCHER_TOO_SLOW,
                )
            )
        if self._end is None and events:
            self._buffer.extend(events)
            self._changed.set()

    def end(self, error: KompangError) -> None:
        """What is buffered is dropped: the caller resumes from what it got."""
        self._end = self._end or error
        self._buffer.clear()
        self._changed.set()

    async def take(self) -> list[Stored]:
        """Waits for events and takes all there are. Raises what the watch was ended with."""
        await self._changed.wait()
        if self._end is not None:
            raise self._end
        self._changed.clear()
        taken, self._buffer = self._buffer, []
        return taken
