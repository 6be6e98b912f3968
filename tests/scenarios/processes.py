"""The mesh as real processes: slower to start, and a kill is a SIGKILL."""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from infra.local.mesh import Mesh as LocalMesh
from infra.local.servers.stack import LocalStack
from tests.scenarios.quick import DISPATCH, HOST
from tests.support.database import SHARDS, Databases

_numbers = itertools.count(1)


class ProcessMesh:
    """Made by `process_mesh`."""

    def __init__(self, mesh: LocalMesh) -> None:
        self._mesh = mesh
        self.hosts = mesh.hosts
        self.dispatchers = [name for name in mesh.processes if name.startswith("dispatch")]

    @property
    def stack(self) -> LocalStack:
        return self._mesh.stack

    @property
    def gateway_address(self) -> str:
        return self._mesh.gateway_address

    @property
    def ca_file(self) -> Path | None:
        return self._mesh.ca_file

    @property
    def network_address(self) -> str:
        return self._mesh.network_address

    @property
    def ledger_path(self) -> Path:
        return self._mesh.ledger_path

    @property
    def spans_path(self) -> Path:
        """One line a span."""
        return self._mesh.spans_path

    @property
    def owner_dsn(self) -> str:
        return self._mesh.owner_dsn

    async def create_account(self, slug: str) -> str:
        return await self._mesh.create_account(slug)

    async def kill(self, name: str) -> None:
        """Raises `ProcessDied` when some process had died before."""
        self._mesh.check()
        self._mesh.kill(name)
        await self._mesh.processes[name].wait()

    async def stop(self, name: str) -> None:
        """Raises AssertionError when it does not end well."""
        assert await self._mesh.stop(name) == 0, self._mesh.processes[name].tail()

    async def start(self, name: str) -> None:
        """Raises `ProcessDied` when some process dies meanwhile."""
        await self._mesh.start(name)


@asynccontextmanager
async def process_mesh(
    databases: Databases,
    folder: Path,
    *,
    hosts: int = 2,
    dispatchers: int = 2,
    traces: bool = False,
    tls: bool = False,
) -> AsyncIterator[ProcessMesh]:
    """Raises `ProcessDied` at the end when one died that nobody had killed. The files are the stack's."""
    mesh = LocalMesh(
        databases.stack,
        hosts=hosts,
        dispatchers=dispatchers,
        shard_count=SHARDS,
        overrides={"dispatch": _environment(DISPATCH), "host": _environment(HOST)},
        name=f"scenario{next(_numbers)}",
        traces=traces,
        tls=tls,
    )
    async with mesh:
        yield ProcessMesh(mesh)
        mesh.check()


def _environment(settings: Mapping[str, float]) -> dict[str, str]:
    return {f"KOMPANG_{name.upper()}": str(value) for name, value in settings.items()}
