"""What a caller notices while others attack the gateway, and how large the gateway becomes.

The attackers are processes of their own: bodies without a key, crowds and huge previews of one key, silent
imports, connections that say nothing, watches that nobody reads; then 15,000 calls at once with wrong keys,
and as many with one good key. In life they have machines of their own; here they share the processors with
the gateway, so they are nice to it: else the figure would be theirs. How much of the processors they took is
told, too: with less, they attacked less.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from gateway.client import Client
from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from kompang.v1 import devices_pb2
from services.runtime.errors import Unavailable
from tests.bench.rig import Figure, say

_FOR_S = 30.0
_EVERY_S = 0.05
_KINDS = ("bodies", "crowds", "previews", "imports", "connections", "watches")


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    async with Mesh(stack, hosts=0, dispatchers=1, traces=False) as mesh:
        victim, attacker = await mesh.create_account("victim"), await mesh.create_account("attacker")
        async with Client.opened(mesh.gateway_address, victim, mesh.gateway_trust) as client:
            quiet_ms, _ = await _asked(client, mesh, _FOR_S / 3)
            say("attacking")
            with _attackers(mesh.gateway_address, attacker, _KINDS):
                p99_ms, rss_mb = await _asked(client, mesh, _FOR_S)
            say("flooding with wrong keys")
            since = _of_children_s()
            with _attackers(mesh.gateway_address, attacker, ("keys",)):
                wrong_ms, wrong_mb = await _asked(client, mesh, _FOR_S)
            say("flooding with one good key")
            between = _of_children_s()
            with _attackers(mesh.gateway_address, attacker, ("calls",)):
                good_ms, good_mb = await _asked(client, mesh, _FOR_S)
            end = _of_children_s()
    return [
        ("quiet_p99", quiet_ms, "ms"),
        ("attacked_p99", p99_ms, "ms"),
        ("flooded_p99", wrong_ms, "ms"),
        ("flooded_by_key_p99", good_ms, "ms"),
        ("flooders_processors", (between - since) / _FOR_S, ""),
        ("flooders_by_key_processors", (end - between) / _FOR_S, ""),
        ("gateway_rss", max(rss_mb, wrong_mb, good_mb), "MB"),
    ]


async def _asked(client: Client, mesh: Mesh, for_s: float) -> tuple[float, float]:
    """The 99th percentile of the caller's waits, and the most memory of the gateway that was seen."""
    waits: list[float] = []
    rss = 0
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        since = time.monotonic()
        await _answered(client)
        waits.append((time.monotonic() - since) * 1000)
        rss = max(rss, *(mesh.rss_bytes(name) for name in mesh.processes if name.startswith("gateway")))
        await asyncio.sleep(_EVERY_S)
    return statistics.quantiles(waits, n=100)[98], rss / 1e6


async def _answered(client: Client) -> None:
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
def _attackers(address: str, key: str, kinds: Sequence[str]) -> Iterator[None]:
    command = ["nice", "-n", "10", sys.executable, "-m", "tests.bench.attackers", address, key]
    started = [subprocess.Popen([*command, kind]) for kind in kinds]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
