"""The traffic of everybody else, which an attack must not touch."""

from collections.abc import Collection, Sequence

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.host import Host
from tests.support.slowness import patient


async def send(host: Host, devices: Sequence[int], count: int, ignoring: Collection[int] = ()) -> set[int]:
    """Gives the devices a credit each and sends until `count` of their messages went out; their ids.

    Messages of the devices `ignoring` are sent and not counted. The leases must be the host's. Fails when
    nothing comes for some ten seconds.
    """
    await host.ready(devices)
    gone: set[int] = set()
    while len(gone) < count:
        batch = await host.messages(1, patient(10))
        await host.report(batch)
        gone.update(message.message_id for message in batch if message.device_id not in ignoring)
    return gone


async def hear(host: Host, written: Sequence[tuple[int, str, str]]) -> None:
    """One frame with (device, sender, text) of each; waits until it is acknowledged."""
    inbound = [
        pb.Inbound(device_id=device, sender=sender, text=text, inbound_id=f"in-{device}-{sender}")
        for device, sender, text in written
    ]
    await host_hears(host, inbound)


async def host_hears(host: Host, inbound: Sequence[pb.Inbound]) -> None:
    """One frame with all of them; waits until it is acknowledged."""
    host.frames += 1
    await host.write(inbound=pb.InboundFrame(frame_id=host.frames, inbound=inbound))
    while (await host.read("inbound_ack")).frame_id != host.frames:
        pass
