"""The mesh of the benchmarks: real processes on durable servers, 3,000 devices connected."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from infra.local.mesh import Mesh
from infra.local.processes import process_table
from infra.local.servers.stack import LocalStack
from kompang.simulation.v1 import network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from tests.bench.population import SAMPLED, Population
from tests.bench.statements import StatementCounter
from tests.support.eventually import eventually

Figure = tuple[str, float, str]

DEVICES = 3000
HOSTS = 3
DISPATCHERS = 2

_CONNECTED_S = 60.0
# As in production; messages carry the decision of their enrollment, see `population`.
_TRACES = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": str(SAMPLED)}
_KINDS = ("gateway", "enrollment", "dispatch", "host", "network")


@dataclass
class Rig:
    """Made by `rigged`."""

    stack: LocalStack
    mesh: Mesh
    connection: asyncpg.Connection
    population: Population
    statements: StatementCounter

    async def now(self) -> datetime:
        """The database's clock, by which messages are due."""
        moment: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        return moment

    async def until(self, moment: datetime) -> None:
        """Waits for a moment of the database's clock; raises `ProcessDied`."""
        while (left_s := (moment - await self.now()).total_seconds()) > 0:
            self.mesh.check()
            await asyncio.sleep(min(left_s, 5.0))

    def host_rss_mb(self) -> float:
        """Of the largest shard host, now."""
        return max(self.mesh.rss_bytes(name) for name in self.mesh.hosts) / 1e6

    @property
    def product(self) -> list[str]:
        """The processes of the product, without the network that is simulated and the servers."""
        return [name for name in self.mesh.processes if name not in ("network", "receiver")]

    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU that each process and server, with its children, has used so far."""
        return cpu_s(self.mesh)


@asynccontextmanager
async def rigged(stack: LocalStack, *, gap_s: float, behavior: str) -> AsyncIterator[Rig]:
    """All devices connected, nothing due yet. Raises `ProcessDied`, also at the end, and `LocalError`."""
    statements = await StatementCounter.install(stack)
    overrides = dict.fromkeys(_KINDS, _TRACES)
    mesh = Mesh(stack, hosts=HOSTS, dispatchers=DISPATCHERS, behavior=behavior, overrides=overrides)
    say("starting the mesh")
    async with mesh, mesh.connection() as connection:
        population = await Population.create(connection, DEVICES, gap_s)
        say(f"connecting {DEVICES} devices")
        async with connect(mesh.network_address, traced=False) as channel:
            await _until_connected(network_pb2_grpc.NetworkServiceStub(channel))
        yield Rig(stack, mesh, connection, population, statements)
        mesh.check()


async def _until_connected(network: network_pb2_grpc.NetworkServiceStub) -> None:
    async def are_connected() -> bool:
        stats = await network.GetStats(network_pb2.GetStatsRequest(), timeout=5)
        return bool(sum(stats.session_counts.values()) == DEVICES)

    await eventually(are_connected, within_s=_CONNECTED_S, every_s=0.2, what=f"{DEVICES} sessions")


def cpu_s(mesh: Mesh) -> dict[str, float]:
    """Seconds of CPU that each process and server of a mesh, with its children, has used so far."""
    roots = {name: process.pid for name, process in mesh.processes.items()}
    for server in (mesh.stack.postgres, mesh.stack.redis, *mesh.stack.consul):
        roots[server.name] = server.process.pid
    return {name: sum(_cpu_s(each.pid) for each in process_table.tree(pid)) for name, pid in roots.items()}


def say(text: str) -> None:
    """Progress: standard output is for figures."""
    sys.stderr.write(text + "\n")


def say_cpu(before: dict[str, float], after: dict[str, float], seconds: float) -> None:
    """How much of a core each process used meanwhile."""
    used = {name: (after[name] - before.get(name, 0.0)) / seconds for name in after}
    parts = [f"{name} {share:.0%}" for name, share in sorted(used.items(), key=lambda each: -each[1])]
    say("of a core: " + ", ".join(parts))


def _cpu_s(pid: int) -> float:
    try:
        fields: Sequence[str] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    # Fields 14 and 15 of proc(5), counted after the name: user and system time in hundredths.
    return (int(fields[11]) + int(fields[12])) / 100
