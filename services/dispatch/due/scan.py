"""The due scan: once a second, one statement refills the windows that run low.

It also finds what is left over: still in flight in the database on a device whose host has said, by its
credit, that nothing is. The next hand of the device would, but there may be none.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.store import Due, DueStore
from services.dispatch.settings import DispatchSettings
from services.dispatch.window.fallback import FallbackWindow
from services.dispatch.window.window import Entry, Place
from services.runtime.containment import contained, contained_each

# In one statement: some 40 ms of this process when every window is empty.
_DEVICES = 750
# Pause before the next scan of a device whose scan failed: a person has to find the cause.
_UNREADABLE_S = 60.0


class Scan:
    """`run_once` is one scan of all devices whose window is below the low mark."""

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
        # Devices that no scan can be made of, and until when none is tried.
        self._unreadable: dict[int, float] = {}

    async def run_once(self) -> int:
        """Fills windows; how many entries were found. Raises as the store does."""
        if self._window.generation != self._generation:
            self._generation = self._window.generation
            self._roster.forget_windows()
        now = asyncio.get_running_loop().time()
        self._unreadable = {device: until for device, until in self._unreadable.items() if until > now}
        hungry = self._roster.hungry(self._settings.window // 4)
        return await self.load([slot.device_id for slot in hungry if slot.device_id not in self._unreadable])

    async def load(self, devices: Sequence[int]) -> int:
        """Fills the windows of these devices; how many entries were found. Raises as the store does."""
        found = 0

        async def fill(part: Sequence[int]) -> None:
            nonlocal found
            found += await self._fill(part)

        # In parts, so that hands go on between them.
        for start in range(0, len(devices), _DEVICES):
            for device in await contained_each(
                "dispatch.scan", devices[start : start + _DEVICES], fill, _ids
            ):
                self._unreadable[device] = asyncio.get_running_loop().time() + _UNREADABLE_S
        return found

    def _is_idle(self, device_id: int) -> bool:
        slot = self._roster.slot(device_id)
        return slot is not None and slot.is_idle

    async def _fill(self, devices: Sequence[int]) -> int:
        asked = {device: self._is_idle(device) for device in devices}
        found = await self._store.scan(asked, self._settings.window, self._settings.horizon_s)
        if found:
            self._clock.set(found[-1])
        entries: dict[Place, list[Entry]] = defaultdict(list)
        left_over: list[tuple[int, Entry]] = []
        now = asyncio.get_running_loop().time()
        for due in found:
            with contained("dispatch.due", message_id=due.message_id, device_id=due.device_id):
                self._sort(due, entries, left_over, now)
        await self._window.fill(entries)
        # Only now: entries are taken for every slot that is counted to have some.
        self._count(entries)
        for device_id, entry in left_over:
            slot = self._roster.slot(device_id)
            # Handed and reported since the statement read it, it is found gone.
            if slot is not None and slot.is_idle:
                slot.next = entry
        return len(found)

    def _sort(
        self, due: Due, entries: dict[Place, list[Entry]], left_over: list[tuple[int, Entry]], now: float
    ) -> None:
        """Into the windows, or to the device's slot; what was put aside waits."""
        slot = self._roster.slot(due.device_id)
        entry = Entry.of(due.message_id, due.scheduled_at)
        if slot is None or slot.is_aside(entry, now):
            return
        if due.is_left_over:
            left_over.append((due.device_id, entry))
        # A message that was just handed may still be pending in the snapshot of this statement.
        elif entry not in (slot.next, slot.last):
            entries[slot.place].append(entry)

    def _count(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        for place, added in entries.items():
            slot = self._roster.slot(place.device_id)
            if slot is not None:
                slot.depth = len(added)

    async def advance_cursors(self) -> None:
        """Moves the places where the scans start. Raises as the store does."""
        devices = sorted(slot.device_id for slot in self._roster.slots())
        for start in range(0, len(devices), _DEVICES):
            part = devices[start : start + _DEVICES]
            await contained_each("dispatch.cursor", part, self._store.advance_cursors, _ids)


def _ids(device_id: int) -> dict[str, object]:
    return {"device_id": device_id}
