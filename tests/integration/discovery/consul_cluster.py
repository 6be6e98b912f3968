"""Consul servers alone, without the rest of a local stack, that a test may kill and start again."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from infra.local.packages import binaries
from infra.local.processes.stack_directory import StackDirectory
from infra.local.processes.watchdog import Watchdog
from infra.local.servers.consul import Consul, consul_servers


@asynccontextmanager
async def consul_cluster(
    count: int = 1, further: Mapping[str, object] | None = None, token: str = ""
) -> AsyncIterator[list[Consul]]:
    program = await asyncio.to_thread(binaries.consul)
    directory = StackDirectory.create(Path(tempfile.gettempdir()))
    watchdog = Watchdog(directory)
    try:
        servers = consul_servers(directory, program, count, further, token)
        await asyncio.gather(*[server.start() for server in servers])
        yield servers
    finally:
        await watchdog.close()
