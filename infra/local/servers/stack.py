"""The local stack: Postgres, Redis, Consul on loopback, gone when the block ends or its process is killed."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from infra.local.errors import LocalError
from infra.local.packages import binaries
from infra.local.processes.cleanup import end_abandoned_stacks
from infra.local.processes.process import Process
from infra.local.processes.stack_directory import StackDirectory
from infra.local.processes.watchdog import Watchdog
from infra.local.servers.consul import Consul, consul_servers
from infra.local.servers.postgres import Postgres
from infra.local.servers.redis import Redis
from infra.local.servers.service import Service
from services.runtime.open_files import raise_open_files


class LocalStack:
    """`async with LocalStack() as stack:` starts the servers; the mesh's processes are started with `spawn`.

    Attributes:
        path: the stack's own folder, removed at the end; put logs and sockets of the mesh here.
        postgres: the database server.
        redis: the cache server.
        consul: the Consul servers, one cluster.

    """

    path: Path
    postgres: Postgres
    redis: Redis
    consul: list[Consul]

    def __init__(
        self,
        directory: Path | None = None,
        consul_servers: int = 1,
        *,
        durable: bool = True,
        disk_bytes: int = 0,
    ) -> None:
        """Nothing starts yet.

        Args:
            directory: where to make the stack's own folder; None for the system's temporary folder.
            consul_servers: 1, or 3 for a cluster that survives the loss of one.
            durable: False trades Postgres's safety against power loss for speed, for tests.
            disk_bytes: of a disk of its own for Postgres, to be filled; 0 for none.

        """
        self._parent = Path(directory or tempfile.gettempdir()).resolve()
        self._consul_servers = consul_servers
        self._durable = durable
        self._disk_bytes = disk_bytes
        self._services: list[Service] = []
        self._spawned: list[Process] = []

    async def __aenter__(self) -> "LocalStack":
        """Start all servers at the same time; about 2 s, of which Consul's election takes the most.

        Raises:
            LocalError: a program is missing or a server does not start; nothing is left behind.

        """
        # Consul last: fetching it takes long, and would be useless if another program is missing.
        programs = (
            binaries.postgres_programs(),
            binaries.redis_server(),
            await asyncio.to_thread(binaries.consul),
        )
        raise_open_files()
        await asyncio.to_thread(end_abandoned_stacks, self._parent)
        self._directory = StackDirectory.create(self._parent)
        self._watchdog = Watchdog(self._directory)
        self.path = self._directory.path
        try:
            await self._start(*programs)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything and remove the folder; the watchdog does this, as it does after kill -9."""
        await self._close()

    @property
    def watchdog_pid(self) -> int:
        """The process id of the watchdog, which ends the stack."""
        return self._watchdog.pid

    async def spawn(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        log_path: Path | None = None,
    ) -> Process:
        """Start a process of the mesh; it ends with the stack at the latest.

        Args:
            name: its name in messages, unique while it runs.
            argv: program and arguments.
            env: its whole environment; None for a copy of this process's.
            log_path: where its output goes; None for `log/<name>.log` in the stack's folder.

        Raises:
            OSError: the program cannot be run.

        """
        log = log_path or self.path / "log" / f"{name}.log"
        process = await Process.spawn(self._directory, name, argv, env=env, log_path=log)
        self._spawned.append(process)
        return process

    async def _start(self, postgres: Path, redis: Path, consul: Path) -> None:
        self.postgres = Postgres(
            self._directory, postgres, durable=self._durable, disk_bytes=self._disk_bytes
        )
        self.redis = Redis(self._directory, redis)
        self.consul = consul_servers(self._directory, consul, self._consul_servers)
        self._services = [self.postgres, self.redis, *self.consul]
        try:
            async with asyncio.TaskGroup() as group:
                for service in self._services:
                    group.create_task(service.start())
        except ExceptionGroup as failures:
            # One clear message: the first that failed cancelled the others.
            known, _ = failures.split(LocalError)
            raise (known or failures).exceptions[0] from None

    async def _close(self) -> None:
        await self._watchdog.close()
        # Every process has ended; this process is their parent and has to reap them.
        for child in self._services:
            await child.reap()
        for process in self._spawned:
            await process.wait()
