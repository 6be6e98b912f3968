"""Row 11: slow acknowledgements, lost sends, bans and logouts on a part of the devices.

Each device behaves ill or well by its number, so that what the well-behaved ones lose is the mesh's fault.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.local.network import presets
from kompang.simulation.v1 import behavior_pb2, network_pb2
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.faults.watch import p95

MOST_SLOWER = 0.10
_USUAL_S = 15.0
_SETTLE_S = 3.0
_LOOK_S = 0.2
_HOSTILE_S = 60.0
_LOST = 0.2
_BAN_MS = 4000
_TIMEOUT_S = 15
# An acknowledgement takes 0.1 s to this, by the number of the device.
_SLOWEST_MS = (1_000, 10_000, 90_000)


async def run(draw: random.Random, hostile_s: float = _HOSTILE_S) -> str:
    """How much longer the healthy devices' p95 gap becomes. Raises Broken."""
    patient = {"host": {"KOMPANG_SEND_TIMEOUT_S": str(_TIMEOUT_S)}}
    async with fault_run(draw, overrides=patient) as stage:
        sick = stage.draw.sample(sorted(stage.quick), len(stage.quick) // 4)
        healthy = stage.quick.keys() - set(sick)
        before = await _p95_gap(stage, healthy, _USUAL_S)
        await stage.behave(_hostile(stage, sick))
        disrupted = await _disrupt(stage, sick)
        async with _counted(stage) as most:
            during = await _p95_gap(stage, healthy, hostile_s)
        await stage.behave(presets.usual())
        # What else the machine does now is no fault of the network's: the usual is measured on both sides.
        await stage.pause(_SETTLE_S)
        after = await _p95_gap(stage, healthy, _USUAL_S)
        for phone in disrupted:
            await stage.disrupt(network_pb2.DISRUPTION_RESTORE, phone)
        await stage.owner.fetch(
            "UPDATE device SET state = 'active', state_reason = '', held_until = NULL, updated_at = now()"
            " WHERE state <> 'active'"
        )
        await stage.drained()
        _allow_repeats(stage, sick)
        accepted, stats = await stage.finish(), await stage.stats()
        if max(most) > 1:
            raise Broken(f"a device had {max(most)} messages in flight")
        slower = during / max(before, after) - 1
        if slower > MOST_SLOWER:
            raise Broken(
                f"healthy devices' p95 gap was {before:.2f} s before, {during:.2f} s meanwhile"
                f" and {after:.2f} s afterwards: {slower:+.0%}"
            )
    return (
        f"{accepted} sends, {stats.lost_count} lost, {sum(stats.refused_counts.values())} refused: healthy "
        f"devices' p95 gap {before:.2f} s before, {during:.2f} s meanwhile, {after:.2f} s afterwards"
    )


@asynccontextmanager
async def _counted(stage: FaultRun) -> AsyncIterator[list[int]]:
    """The most messages that a device had in flight, asked again and again until the block ends."""
    most: list[int] = []

    async def look() -> None:
        while True:
            most.append(await stage.owner.value(SQL.most_in_flight))
            await asyncio.sleep(_LOOK_S)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        yield most
        looking.cancel()


def _allow_repeats(stage: FaultRun, sick: list[str]) -> None:
    """To a host, an acknowledgement that comes later than it waits is lost; the network does not count it."""
    slow = {p for n, p in enumerate(sick) if _SLOWEST_MS[n % len(_SLOWEST_MS)] > _TIMEOUT_S * 1000}
    stage.watch.look()
    stage.in_flight += sum(entry.repeat and entry.device in slow for entry in stage.watch.entries)


async def _p95_gap(stage: FaultRun, devices: "set[str]", seconds: float) -> float:
    begin = time.monotonic()
    await stage.pause(seconds)
    latest: dict[str, float] = {}
    gaps = []
    for entry in stage.watch.since(begin):
        if entry.device in devices and not entry.repeat:
            if entry.device in latest:
                gaps.append(entry.mono - latest[entry.device])
            latest[entry.device] = entry.mono
    say(f"healthy devices: gap median {statistics.median(gaps):.2f} s, p95 {p95(gaps):.2f} s")
    return p95(gaps)


def _hostile(stage: FaultRun, sick: list[str]) -> behavior_pb2.Behavior:
    script = presets.usual()
    script.seed = stage.draw.getrandbits(32)
    for number, phone in enumerate(sick):
        script.devices[phone].CopyFrom(_conduct(_SLOWEST_MS[number % len(_SLOWEST_MS)]))
    return script


def _conduct(slowest_ms: int) -> behavior_pb2.Conduct:
    return behavior_pb2.Conduct(
        accept_latency=behavior_pb2.Latency(uniform=behavior_pb2.UniformLatency(low_ms=5, high_ms=200)),
        ack_latency=behavior_pb2.Latency(uniform=behavior_pb2.UniformLatency(low_ms=100, high_ms=slowest_ms)),
        lost_send=_LOST / 2,
        lost_ack=_LOST / 2,
        refusals=[
            behavior_pb2.Chance(failure=behavior_pb2.FAILURE_TRANSIENT, probability=0.03),
            behavior_pb2.Chance(
                failure=behavior_pb2.FAILURE_TEMPORARY_BAN, probability=0.01, hold_ms=_BAN_MS
            ),
        ],
    )


async def _disrupt(stage: FaultRun, sick: list[str]) -> list[str]:
    """Log one device in ten out for good, and ban as many."""
    chosen = stage.draw.sample(sick, len(sick) // 5)
    for number, phone in enumerate(chosen):
        how = network_pb2.DISRUPTION_LOG_OUT if number % 2 else network_pb2.DISRUPTION_BAN
        await stage.disrupt(how, phone)
    return chosen
