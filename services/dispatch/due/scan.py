"""The due scan: once a second, one statement refills the windows that run low.

It also finds what is left over: still in flight in the database on a device whose host has said, by its
credit, that nothing is. The next hand of the device would, but there may be none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.store import Due, DueStore
from services.dispatch.settings import DispatchSettings
from services.dispatch.window.fallback import FallbackWindow
from services.dispatch.window.window import Entry, Place

# In one statement: some 40 ms of this process when every window is empty.
_DEVICES = 750


class Scan:
    """`run_once` is one scan of all hungry devices."""

    def __init__(
        self,
        store: DueStore,
        roster: Roster,
        window: FallbackWindow,
        clock: DatabaseClock,
        settings: DispatchSettings,
    ) -> None:
        self._store = store
        self._roster = roster
        self._window = window
        self._clock = clock
        self._settings = settings
        self._generation = window.generation

    async def run_once(self) -> int:
        """Fills windows; how many entries were found. Raises as the store does."""
        if self._window.generation != self._generation:
            self._generation = self._window.generation
            self._roster.forget_windows()
        return await self.load([slot.device_id for slot in self._roster.hungry(self._settings.window // 4)])

    async def load(self, devices: Sequence[int]) -> int:
        """Fills the windows of these devices; how many entries were found. Raises as the store does."""
        total = 0
        # In parts, so that hands go on between them.
        for start in range(0, len(devices), _DEVICES):
            total += await self._fill(devices[start : start + _DEVICES])
        return total

    def _is_idle(self, device_id: int) -> bool:
        slot = self._roster.slot(device_id)
        return slot is not None and slot.is_idle

    async def _fill(self, devices: Sequence[int]) -> int:
        asked = {device: self._is_idle(device) for device in devices}
        found = await self._store.scan(asked, self._settings.window, self._settings.horizon_s)
        if found:
            self._clock.set(found[-1])
        entries = self._entries([due for due in found if not due.is_left_over])
        await self._window.add(entries)
        # Not before: a slot that is believed to have entries is taken from.
        self._count(entries)
        self._left_over([due for due in found if due.is_left_over])
        return len(found)

    def _left_over(self, found: Iterable[Due]) -> None:
        for due in found:
            slot = self._roster.slot(due.device_id)
            # Handed and answered since the statement read it, it is found gone.
            if slot is not None and slot.is_idle:
                slot.next = Entry.of(due.message_id, due.scheduled_at)

    def _entries(self, found: Iterable[Due]) -> dict[Place, list[Entry]]:
        entries: dict[Place, list[Entry]] = defaultdict(list)
        for due in found:
            slot = self._roster.slot(due.device_id)
            entry = Entry.of(due.message_id, due.scheduled_at)
            # What was just taken may still be pending in this statement's snapshot.
            if slot is not None and entry not in (slot.next, slot.last):
                entries[slot.place].append(entry)
        return entries

    def _count(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        for place, added in entries.items():
            slot = self._roster.slot(place.device_id)
            if slot is not None:
                slot.depth = len(added)

    async def advance_cursors(self) -> None:
        """Moves the places where the scans start. Raises as the store does."""
        devices = sorted(slot.device_id for slot in self._roster.slots())
        for start in range(0, len(devices), _DEVICES):
            await self._store.advance_cursors(devices[start : start + _DEVICES])
