"""The due window in this process's memory, for when Redis is away."""

import heapq
from collections.abc import Mapping, Sequence

from services.dispatch.window.doubts import Doubts
from services.dispatch.window.window import Entry, Place


class MemoryWindow:
    """Bounded by `most` entries a device; what does not fit is found by a later scan."""

    def __init__(self, most: int) -> None:
        self._most = most
        # Nobody asks: there is nothing to use instead.
        self.doubts = Doubts()
        self._entries: dict[Place, list[Entry]] = {}

    async def fill(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        for place, new in entries.items():
            self._entries[place] = sorted(set(new))[: self._most]

    async def add(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        for place, new in entries.items():
            known = self._entries.setdefault(place, [])
            merged = sorted({*known, *new})[: self._most]
            self._entries[place] = merged  # sorted lists are heaps

    async def take(self, places: Sequence[Place]) -> list[Entry | None]:
        """See `Window`."""
        return [self._pop(place) for place in places]

    def _pop(self, place: Place) -> Entry | None:
        entries = self._entries.get(place)
        if not entries:
            self._entries.pop(place, None)
            return None
        return heapq.heappop(entries)

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
