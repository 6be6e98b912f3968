"""Records what hosts saw of devices: holds and parks, and clients that the network takes no more.

A client that is outdated says nothing against the device that met it first. So that one is not marked: all
devices on hosts with that version are held at once, and go on when their host runs another one (`settle`).
What is trusted meanwhile: nothing. The hold is a row like any other; each replica settles the devices it
serves again and again, so that none is held or freed by a statement that failed.
"""

import logging
from collections.abc import Sequence

from opentelemetry import metrics

from services.dispatch.devices.store import DeviceMark, DeviceStore
from services.runtime.containment import contained_each

log = logging.getLogger(__name__)

_outdated = metrics.get_meter(__name__).create_counter(
    "kompang.outdated_clients",
    unit="{client}",
    description="Versions of a client that the network began to refuse: devices on hosts with one are held.",
)


async def record(store: DeviceStore, marks: Sequence[DeviceMark]) -> None:
    """Raises what passes by itself, as the store does."""
    of_devices = [mark for mark in marks if not mark.is_of_client]
    await contained_each("dispatch.device_mark", of_devices, store.change_devices, DeviceMark.ids)
    of_clients = [mark for mark in marks if mark.is_of_client]
    if not of_clients:
        return

    async def hold(part: Sequence[DeviceMark]) -> None:
        for transport, version in await store.note_outdated(part):
            # Once for a version, whichever replica and however many devices meet it.
            log.error(
                "the network takes no session of this client any more: upgrade the shard hosts",
                extra={"transport": transport, "version": version},
            )
            _outdated.add(1, {"kompang.transport": transport})
        await store.settle_outdated(None)

    await contained_each("dispatch.client_outdated", of_clients, hold, DeviceMark.ids)
