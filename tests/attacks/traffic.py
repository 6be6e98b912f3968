"""The traffic of everybody else, which an attack must not touch."""

from collections.abc import Sequence

from tests.integration.dispatch.host import Host


async def send(host: Host, devices: Sequence[int], count: int) -> set[int]:
    """Gives the devices a credit each and sends until `count` messages went out; their ids.

    The leases must be the host's. Fails when too little comes within ten seconds.
    """
    await host.ready(devices)
    gone: set[int] = set()
    while len(gone) < count:
        batch = await host.messages(1)
        await host.report(batch)
        gone.update(message.message_id for message in batch)
    return gone
