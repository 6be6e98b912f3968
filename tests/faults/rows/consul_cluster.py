"""Row 5: Consul as three servers: the leader killed, the quorum lost, the server of the sessions killed."""

import asyncio
import json
import random
import time
from http.client import HTTPConnection

from infra.local.servers.consul import Consul
from tests.faults.context import FaultRun, fault_run
from tests.faults.pace import Pace
from tests.faults.progress import say
from tests.faults.verdict import Broken

_HTTP_S = 5.0
_DEADLINE_S = 30.0
# Consul ends a session that was not renewed for twice its 10 s, and a host renews each third of that time. So
# a server that is back after 16 s may have ended one rightly; on a busy machine it takes seconds to start.
_ALONE_S = 10.0
# Of every device; its own gap is below 1 s.
SILENCE_S = 5.0


async def run(draw: random.Random, quorum_lost_s: float = 60.0, alone_s: float = _ALONE_S) -> str:
    """The longest silence of a device meanwhile. No repeat is allowed: nothing may change hands."""
    async with fault_run(draw, consul_servers=3) as stage:
        before = await stage.owned()
        async with Pace() as pace:
            silences = [
                await _without(stage, [await _leader(stage)], alone_s, "leader killed"),
                # Every process of the mesh talks to the first: its sessions were made through it.
                await _without(stage, [stage.stack.consul[0]], alone_s, "the sessions' server killed"),
                await _without(stage, stage.draw.sample(stage.stack.consul, 2), quorum_lost_s, "quorum lost"),
            ]
        if await stage.owned() != before:
            raise Broken("devices changed hands")
        accepted = await stage.finish()
        if max(silences) > pace.allowed(SILENCE_S):
            allowed = f"{pace.allowed(SILENCE_S):.1f} s are allowed"
            raise Broken(f"a device was silent for {max(silences):.1f} s, {allowed}")
    return f"{accepted} sends: no change of hands, longest silence of a device {max(silences):.1f} s"


async def _without(stage: FaultRun, servers: list[Consul], seconds: float, what: str) -> float:
    """Kill, wait, start again; the longest silence of a device."""
    await stage.pause(1.0, 3.0)
    at = time.monotonic()
    for server in servers:
        server.kill()
    await stage.pause(seconds)
    async with asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.start())
    await stage.pause(5.0)
    silence = max(stage.watch.longest_silences(stage.quick, at, time.monotonic()).values())
    say(f"{what}: longest silence of a device {silence:.1f} s")
    return silence


async def _leader(stage: FaultRun) -> Consul:
    for server in stage.stack.consul:
        if await asyncio.to_thread(_is_leader, server.address):
            return server
    raise Broken("the cluster has no leader")


def _is_leader(address: str) -> bool:
    connection = HTTPConnection(address, timeout=_HTTP_S)
    try:
        connection.request("GET", "/v1/agent/self")
        found = json.load(connection.getresponse())
    finally:
        connection.close()
    return bool(found["Stats"]["consul"]["leader"] == "true")
