"""The mesh as real processes: slower to start, and a kill is a SIGKILL."""

import itertools
from asyncio import TaskGroup
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from infra.local.mesh import Mesh as LocalMesh
from infra.local.network import presets
from infra.local.network.ledger import Entry
from infra.local.servers.stack import LocalStack
from kompang.simulation.v1 import network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from tests.scenarios.accepted import Accepted
from tests.scenarios.quick import DISPATCH, ENROLLMENT, HOST
from tests.support.database import SHARDS, Databases
from tests.support.slowness import patient

_CONTROL_S = patient(5.0)

_numbers = itertools.count(1)


class ProcessMesh:
    """Made by `process_mesh`."""

    def __init__(self, mesh: LocalMesh) -> None:
        self._mesh = mesh
        self._accepted = Accepted(mesh.ledger_path)
        self._accounts = itertools.count(1)
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

    def accepted(self) -> list[Entry]:
        return self._accepted.entries()

    async def create_account(self, slug: str) -> str:
        """Several scenarios may ask for the same one."""
        return await self._mesh.create_account(f"{slug}-{next(self._accounts)}")

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

    def check(self) -> None:
        """Raises `ProcessDied` when some process died that nobody had killed."""
        self._mesh.check()

    async def renew(self) -> None:
        """Whole again for the next scenario, which sees nothing of the ones before."""
        self.check()
        async with TaskGroup() as group:
            for name, process in self._mesh.processes.items():
                if not process.alive:
                    group.create_task(self.start(name))
        await self._mesh.until_leased()
        async with connect(self.network_address, traced=False) as channel:
            usual = network_pb2.SetBehaviorRequest(behavior=presets.usual())
            await network_pb2_grpc.NetworkServiceStub(channel).SetBehavior(usual, timeout=_CONTROL_S)
        self._accepted = Accepted(self.ledger_path)


@asynccontextmanager
async def process_mesh(
    databases: Databases,
    *,
    hosts: int = 2,
    dispatchers: int = 2,
    traces: bool = False,
    tls: bool = False,
) -> AsyncIterator[ProcessMesh]:
    """Raises `ProcessDied` at the end when one died that nobody had killed."""
    mesh = LocalMesh(
        databases.stack,
        hosts=hosts,
        dispatchers=dispatchers,
        shard_count=SHARDS,
        overrides={
            kind: _environment(settings)
            for kind, settings in {"dispatch": DISPATCH, "enrollment": ENROLLMENT, "host": HOST}.items()
        },
        name=f"scenario{next(_numbers)}",
        traces=traces,
        tls=tls,
    )
    async with mesh:
        running = ProcessMesh(mesh)
        yield running
        running.check()


def _environment(settings: Mapping[str, float]) -> dict[str, str]:
    return {f"KOMPANG_{name.upper()}": str(value) for name, value in settings.items()}
