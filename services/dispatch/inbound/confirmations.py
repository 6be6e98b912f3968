"""The confirmations of stop words: they do not queue behind a day's campaign.

They are not looked for in the due windows, which may be full; each is put before whatever its device would
send next.
"""

import asyncio
from collections.abc import Sequence

from services.dispatch.devices.roster import Roster
from services.dispatch.inbound.store import Confirmation, InboundStore
from services.dispatch.window.window import Entry
from services.runtime.containment import contained, contained_each


class Confirmations:
    """Finds those that may go now, and ends those that are too late."""

    def __init__(self, store: InboundStore, roster: Roster) -> None:
        self._store = store
        self._roster = roster

    async def find(self) -> None:
        """Gives each device served here its oldest confirmation. Raises as the store does."""
        found: list[Confirmation] = []

        async def look(shards: Sequence[int]) -> None:
            found.extend(await self._store.confirmations(shards))

        await contained_each(
            "dispatch.confirmations", self._roster.shards, look, lambda shard: {"shard": shard}
        )
        now = asyncio.get_running_loop().time()
        for confirmation in found:
            with contained("dispatch.confirmation", **confirmation.ids()):
                self._put_first(confirmation, now)

    def _put_first(self, confirmation: Confirmation, now: float) -> None:
        slot = self._roster.slot(confirmation.device_id)
        entry = Entry.of(confirmation.message_id, confirmation.scheduled_at)
        # A message that was just handed may still be pending in the snapshot of this statement.
        if slot is not None and entry not in (slot.next, slot.last) and not slot.is_aside(entry, now):
            slot.confirmation = entry
            # What the slot waits for may be the gap of a campaign that is slower than the device.
            slot.try_at = min(slot.try_at, now + slot.gap_s)

    async def expire(self) -> None:
        """Ends the confirmations that nobody could take in time. Raises as the store does."""
        late = await self._store.late_confirmations()
        await contained_each(
            "dispatch.confirmation", late, self._store.expire_confirmations, Confirmation.ids
        )
