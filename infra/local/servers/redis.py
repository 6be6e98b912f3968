"""Redis (or Valkey) for a local stack: no persistence, as the product keeps in it only what may be lost."""

import asyncio
import secrets
from pathlib import Path

from infra.local.processes.stack_directory import StackDirectory
from infra.local.servers.ports import LOOPBACK, free_ports
from infra.local.servers.service import Service, write_private

_PROBE_SECONDS = 1.0
_CONFIGURATION = """\
bind {address}
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
maxmemory 512mb
maxmemory-policy noeviction
"""


class Redis(Service):
    """One server with a random password."""

    def __init__(self, directory: StackDirectory, program: Path) -> None:
        super().__init__("redis", directory)
        self._program = program
        [self._port] = free_ports(1)
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        """With the password: not for logs."""
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    async def start(self) -> None:
        """See `Service.start`; the server comes back empty."""
        self.folder.mkdir(exist_ok=True)
        # A file, not arguments: those of every process can be read by everybody.
        configuration = _CONFIGURATION.format(
            address=LOOPBACK, port=self._port, password=self._password, folder=self.folder
        )
        write_private(self.folder / "redis.conf", configuration)
        await super().start()

    def _command(self) -> list[str]:
        return [str(self._program), str(self.folder / "redis.conf")]

    async def _is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return await self._ping()
        except (OSError, TimeoutError):
            return False

    async def _ping(self) -> bool:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            return [await reader.readline() for _ in range(2)] == [b"+OK\r\n", b"+PONG\r\n"]
        finally:
            writer.close()
            await writer.wait_closed()
