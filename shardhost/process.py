"""A shard host from its start to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from services.callers import Role
from services.runtime import telemetry
from services.runtime.discovery import Discovery
from services.runtime.identity import Identity
from services.runtime.lifecycle import Life
from services.runtime.server import Server
from shardhost.host import Host
from shardhost.settings import HostSettings
from shardhost.transports.simulated import SimulatedTransport, TransportTimeouts
from shardhost.transports.transport import Transport, TransportKind

log = logging.getLogger(__name__)


async def run(settings: HostSettings, life: Life, transports: Mapping[str, Transport] | None = None) -> None:
    """Serve until the drain, then give everything back within `drain_s`.

    Raises MemberExists (in an ExceptionGroup) when the host id is another live host's.
    `transports` replaces those of the settings, for tests.
    """
    networks = transports if transports is not None else transports_of(settings)
    identity = Identity(settings)
    discovery = Discovery.of(settings)
    with telemetry.configured("shardhost", settings.host_id):
        # The server is there for health checks alone.
        async with (
            discovery,
            Server(settings, (), ()) as server,
            _running(networks),
            asyncio.TaskGroup() as group,
        ):
            host = Host(
                settings,
                discovery,
                identity.dialling(Role.DISPATCH),
                networks,
                group,
                lambda: life.ready(server.address),
            )
            await life.drained()
            try:
                async with asyncio.timeout(settings.drain_s):
                    await host.drain()
            except TimeoutError:
                log.warning("drain cut short", extra={"stages": _stages(host)})
            await host.stop()


def transports_of(settings: HostSettings) -> Mapping[str, Transport]:
    """The transports of this host by their names, as `device.transport` has them."""
    timeouts = TransportTimeouts(send=settings.send_timeout_s, trace=settings.trace_timeout_s)
    address, host_id = settings.network_address, settings.host_id
    return {
        "simulated": SimulatedTransport(address, host_id, timeouts),
        "simulated_traceable": SimulatedTransport(address, host_id, timeouts, TransportKind.TRACEABLE),
    }


@asynccontextmanager
async def _running(transports: Mapping[str, Transport]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        loops = [group.create_task(transport.run()) for transport in transports.values()]
        try:
            yield
        finally:
            for transport in transports.values():
                await transport.close()
            await asyncio.wait(loops, timeout=5)
            for loop in loops:
                loop.cancel()


def _stages(host: Host) -> dict[str, int]:
    return {stage.value: count for stage, count in host.controller.stages().items()}
