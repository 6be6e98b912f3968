"""The calls that are due later, in one heap: a delayed send costs two entries, never a task."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count

from services.runtime.containment import contained_all

# Things due within the same moment happen together and share one write of the ledger.
_MOMENT_S = 0.001


class Schedule:
    """Calls by the second of the monotonic clock at which they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._earlier = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def call_at(self, due: float, call: Callable[[], None]) -> None:
        """Have `call` called at `due` or soon after; those due at the same moment in this order."""
        entry = (due, next(self._order), call)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry:
            self._earlier.set()

    def run_due(self, now: float) -> int:
        """Make the calls due by now; returns how many. A call that fails does not keep the next back."""
        made = 0
        while self._heap and self._heap[0][0] <= now:
            call = heapq.heappop(self._heap)[2]
            with contained_all("network.delayed"):
                call()
            made += 1
        return made

    async def wait(self) -> None:
        """Return when the first call is due, or when an earlier one was added."""
        self._earlier.clear()
        due = self._heap[0][0] if self._heap else None
        pause = None if due is None else max(due - time.monotonic(), _MOMENT_S)
        try:
            async with asyncio.timeout(pause):
                await self._earlier.wait()
        except TimeoutError:
            return
