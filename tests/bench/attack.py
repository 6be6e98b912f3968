"""What a caller notices while others attack the gateway, and how large the gateway becomes.

The attackers are processes of their own: bodies without a key, crowds and huge previews of one key, silent
imports, connections that say nothing, watches that nobody reads; then 15,000 calls at once with wrong keys,
and as many with one good key; then frames of HTTP/2 that are no calls, without a key and with one, and
connections and handshakes again and again. In life they have machines of their own; here they share the
processors with the gateway, so they are nice to it: else the figure would be theirs. How much of the
processors they took is told, too: with less, they attacked less.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gateway.client import Client
from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from kompang.v1 import devices_pb2
from services.runtime.errors import Unavailable
from tests.bench.rig import Figure, say
from tests.bench.speakers import OF_CONNECTIONS, OF_FRAMES, OF_TLS

BARS = {"ms": 250.0, "MB": 400.0}
"""What no attack may exceed: another account's 99th percentile, and the gateway's memory."""
_FOR_S = 30.0
_EVERY_S = 0.05
_KINDS = ("bodies", "crowds", "previews", "imports", "connections", "watches")


@dataclass(frozen=True, slots=True)
class _Phase:
    """Attackers of some kinds, all at once or one kind after the other."""

    name: str
    kinds: Sequence[str] = ()
    module: str = "attackers"
    has_key: bool = True
    is_in_turn: bool = False


_PHASES = (
    _Phase("quiet"),
    _Phase("attacked", _KINDS),
    _Phase("flooded", ("keys",)),
    _Phase("flooded_by_key", ("calls",)),
    _Phase("framed", OF_FRAMES, "speakers", has_key=False, is_in_turn=True),
    _Phase("framed_by_key", OF_FRAMES, "speakers", is_in_turn=True),
    _Phase("reconnected", OF_CONNECTIONS, "speakers", has_key=False),
)
_OF_TLS = _Phase("shaken", OF_TLS, "speakers", has_key=False, is_in_turn=True)


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    figures: list[Figure] = []
    async with Mesh(stack, hosts=0, dispatchers=1, traces=False) as mesh:
        victim, attacker = await mesh.create_account("victim"), await mesh.create_account("attacker")
        async with Client.opened(mesh.gateway_address, victim, mesh.gateway_trust) as client:
            for phase in (*_PHASES, _OF_TLS) if mesh.ca_file else _PHASES:
                say(phase.name)
                figures += await _measured(phase, client, mesh, attacker)
    for name, value, unit in figures:
        if value > BARS.get(unit, value):
            say(f"{name} is over its bar: {value:.0f} {unit}, and at most {BARS[unit]:.0f} are promised")
    return figures


async def _measured(phase: _Phase, client: Client, mesh: Mesh, key: str) -> list[Figure]:
    waits: list[float] = []
    rss_mb = 0.0
    since = _of_children_s()
    groups = [(kind,) for kind in phase.kinds] if phase.is_in_turn else [tuple(phase.kinds)]
    for kinds in groups:
        with attackers(phase.module, mesh.gateway_address, key if phase.has_key else "", kinds):
            own, most_mb = await _asked(client, mesh, _FOR_S / len(groups))
        if phase.is_in_turn:
            say(f"  {kinds[0]}: {statistics.quantiles(own, n=100)[98]:.0f} ms, longest {max(own):.0f} ms")
        waits += own
        rss_mb = max(rss_mb, most_mb)
    return [
        (f"{phase.name}_p99", statistics.quantiles(waits, n=100)[98], "ms"),
        (f"{phase.name}_longest", max(waits) / 1000, "s"),
        (f"{phase.name}_rss", rss_mb, "MB"),
        (f"{phase.name}_attackers_processors", (_of_children_s() - since) / _FOR_S, ""),
    ]


async def _asked(client: Client, mesh: Mesh, for_s: float) -> tuple[list[float], float]:
    """How long the caller waited each time, in ms, and the most memory of the gateway that was seen."""
    waits: list[float] = []
    rss = 0
    end = time.monotonic() + for_s
    while time.monotonic() < end or len(waits) < 2:
        since = time.monotonic()
        await answered(client)
        waits.append((time.monotonic() - since) * 1000)
        rss = max(rss, *(mesh.rss_bytes(name) for name in mesh.processes if name.startswith("gateway")))
        await asyncio.sleep(_EVERY_S)
    return waits, rss / 1e6


async def answered(client: Client) -> None:
    """Until it is: who is refused again and again waits as long."""
    while True:
        with suppress(Unavailable):
            await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
            return


def _of_children_s() -> float:
    """What the attackers that have ended took of the processors."""
    told = os.times()
    return told.children_user + told.children_system


@contextmanager
def attackers(module: str, address: str, key: str, kinds: Sequence[str]) -> Iterator[None]:
    """A process for each kind."""
    command = ["nice", "-n", "10", sys.executable, "-m", f"tests.bench.{module}", address, key]
    started = [subprocess.Popen([*command, kind]) for kind in kinds]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
