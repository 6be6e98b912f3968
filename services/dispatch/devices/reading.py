"""Reads the devices of shards, also where the rows of one of them cannot be read.

One statement reads all; where it fails, each shard is read by itself, and in a shard at fault each device. A
device that cannot be read is left alone for a while: a person has to find the cause, and to look for it costs
statements each time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from services.dispatch.devices.store import DeviceRow, DeviceStore
from services.runtime.containment import contained_each

_UNREADABLE_S = 60.0

_Read = Callable[[Sequence[int], Sequence[int] | None], Awaitable[list[DeviceRow]]]


class DeviceReader:
    """Methods raise what passes by itself, as the store does."""

    def __init__(self, store: DeviceStore) -> None:
        self._store = store
        # Devices that cannot be read, and until when that is not tried again.
        self._unreadable: dict[int, float] = {}

    async def of_shards(self, shards: Sequence[int]) -> list[DeviceRow]:
        """The devices of these shards."""
        return await self._each(shards, self._store.devices)

    async def changed(self, shards: Sequence[int], within_s: float) -> list[DeviceRow]:
        """Those that are new or changed within so many seconds."""
        now = asyncio.get_running_loop().time()
        self._unreadable = {device: until for device, until in self._unreadable.items() if until > now}
        without = tuple(self._unreadable)

        async def read(part: Sequence[int], only: Sequence[int] | None) -> list[DeviceRow]:
            return await self._store.changed_devices(part, within_s, only, without)

        return await self._each(shards, read, without)

    async def _each(
        self, shards: Sequence[int], read: _Read, without: Collection[int] = ()
    ) -> list[DeviceRow]:
        found: list[DeviceRow] = []

        async def by_shards(part: Sequence[int]) -> None:
            found.extend(await read(part, None))

        async def by_devices(part: Sequence[int]) -> None:
            found.extend(await read(shards, part))

        broken = await contained_each("dispatch.shard", shards, by_shards, lambda shard: {"shard": shard})
        if not broken:
            return found
        devices = [each for each in await self._store.device_ids(broken) if each not in without]
        until = asyncio.get_running_loop().time() + _UNREADABLE_S
        for device in await contained_each("dispatch.device", devices, by_devices, _ids):
            self._unreadable[device] = until
        return found


def _ids(device_id: int) -> dict[str, object]:
    return {"device_id": device_id}
