"""The database's clock, as seen from this process's event loop."""

import asyncio

from services.dispatch.due.store import Due
from services.dispatch.window.window import Entry


class DatabaseClock:
    """Due times are the database's; a host whose wall clock is wrong changes nothing.

    The offset is set by each scan and is late by at most that statement's way back, some milliseconds.
    """

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._is_set = False

    def set(self, due: Due) -> None:
        """Learns from a row that has just arrived."""
        entry = Entry.of(due.message_id, due.scheduled_at)
        self._offset_s = asyncio.get_running_loop().time() + due.due_s - entry.scheduled_us / 1e6
        self._is_set = True

    def when(self, entry: Entry) -> float:
        """The event loop's time at which a message is due; 0 (long ago) while nothing is known."""
        return entry.scheduled_us / 1e6 + self._offset_s if self._is_set else 0.0
