"""One watcher's share of the events: a buffer with an end."""

import asyncio
from collections.abc import Sequence

from gateway.events.model import Stored
from gateway.events.place import Place
from services.reasons import Reason
from services.runtime.errors import KompangError, ResourceExhausted


class Watch:
    """The hub fills it, one caller empties it: with every event of the account after `start`."""

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
        """Ends the watch and drops its buffer: the caller resumes from the last token it got."""
        self._end = self._end or error
        self._buffer.clear()
        self._changed.set()

    async def take(self) -> list[Stored]:
        """Waits for events and takes all there are. Raises the error that ended the watch."""
        await self._changed.wait()
        if self._end is not None:
            raise self._end
        self._changed.clear()
        taken, self._buffer = self._buffer, []
        return taken
