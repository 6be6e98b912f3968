"""The devices this replica serves now: those of the shards leased to the hosts attached to it."""

import asyncio
import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from services.dispatch.devices.slot import Slot
from services.dispatch.devices.store import DeviceRow
from services.runtime.containment import contained
from services.states import DeviceState

if TYPE_CHECKING:
    from services.dispatch.attachment import Attachment


class Roster:
    """Slots by device, and the attachment that holds each shard."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        """`ahead_s`: seconds by which a hand may precede the end of a gap."""
        self._ahead_s = ahead_s
        # Set when a device has its first credit since its shard was granted: it has been silent since it
        # left its old host, and need not wait for the next tick as well.
        self.first_credit = asyncio.Event()
        self.windows_lost = asyncio.Event()
        self._slots: dict[int, Slot] = {}
        self._shards: dict[int, Attachment] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def shards(self) -> list[int]:
        """The shards served here."""
        return list(self._shards)

    def holder(self, shard: int) -> "Attachment | None":
        """The attachment whose host holds the shard's lease, as far as this replica knows."""
        return self._shards.get(shard)

    def slot(self, device_id: int) -> Slot | None:
        """The slot of a device served here."""
        return self._slots.get(device_id)

    def slots(self) -> Iterator[Slot]:
        """Yields the slots of all devices."""
        return iter(list(self._slots.values()))

    def grant(self, shards: Iterable[int], attachment: "Attachment") -> None:
        """These shards are served through this attachment from now on, their devices unknown yet."""
        self.revoke(shards)
        for shard in shards:
            self._shards[shard] = attachment

    def admit(self, rows: Iterable[DeviceRow], now: float) -> list[DeviceRow]:
        """Takes in devices of granted shards; known ones keep their state and get the new delays.

        Returns the rows that are new or whose shard is served here.
        """
        admitted = []
        for row in rows:
            attachment = self._shards.get(row.shard)
            if attachment is None:
                continue
            with contained("dispatch.device", device_id=row.id):
                self._admit(row, attachment, now)
                admitted.append(row)
        return admitted

    def _admit(self, row: DeviceRow, attachment: "Attachment", now: float) -> None:
        known = self._slots.get(row.id)
        if known is None or known.attachment is not attachment:
            self._slots[row.id] = Slot.of(row, attachment, now, self._ahead_s)
            return
        known.updated_at = row.updated_at
        known.min_delay_s, known.max_delay_s = row.min_delay_s, row.max_delay_s
        if row.state == DeviceState.ACTIVE:
            known.try_at = min(known.try_at, now + known.gap_s)

    def credit(self, device_id: int, attachment: "Attachment") -> None:
        """The host at the other end can take one message for this device."""
        slot = self._slots.get(device_id)
        if slot is None or slot.attachment is not attachment:
            return
        slot.is_ready = True
        if slot.is_new:
            slot.is_new = False
            self.first_credit.set()

    def is_news(self, row: DeviceRow) -> bool:
        """Whether a device is unknown here, or changed since it was last admitted."""
        known = self._slots.get(row.id)
        return known is None or known.updated_at != row.updated_at

    def revoke(self, shards: Iterable[int]) -> None:
        """Forgets shards and their devices."""
        gone = {shard for shard in shards if self._shards.pop(shard, None) is not None}
        if gone:
            self._slots = {d: s for d, s in self._slots.items() if s.place.shard not in gone}

    def detach(self, attachment: "Attachment") -> None:
        """Forgets everything served through an attachment."""
        self.revoke([shard for shard, holder in self._shards.items() if holder is attachment])

    def takers(self, now: float, most: int) -> list[Slot]:
        """Ready slots whose time has come and that may have something to send; longest waiting first."""
        found = [
            slot for slot in self._slots.values() if slot.is_ready and slot.try_at <= now and slot.has_more
        ]
        if len(found) > most:
            return heapq.nsmallest(most, found, key=lambda slot: slot.try_at)
        return found

    def hungry(self, low: int) -> list[Slot]:
        """Slots whose window is below the low mark."""
        return [slot for slot in self._slots.values() if slot.depth <= low]

    def forget_window(self, slot: Slot) -> None:
        """The window of one device is older than the database: it is to be scanned anew, at once."""
        slot.depth = 0
        self.windows_lost.set()

    def forget_windows(self) -> None:
        """The windows were lost: every device is to be scanned anew, at once."""
        for slot in self._slots.values():
            slot.depth = 0
        self.windows_lost.set()
