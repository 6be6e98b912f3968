"""Row 11: slow acknowledgements, lost sends, bans and logouts on a part of the devices.

Each device behaves ill or well by its number, so that what the well-behaved ones lose is the mesh's fault.
"""

import random
import statistics
import time

from infra.local.network import presets
from kompang.simulation.v1 import behavior_pb2, network_pb2
from tests.faults.scene import Scene, say, scene
from tests.faults.verdict import Fell
from tests.faults.watch import p95

MOST_SLOWER = 0.10
_USUAL_S = 15.0
_HOSTILE_S = 60.0
_LOST = 0.2
_BAN_MS = 4000


async def run(draw: random.Random, hostile_s: float = _HOSTILE_S) -> str:
    """How much longer the healthy devices' p95 gap becomes. Raises Fell."""
    patient = {"host": {"KOMPANG_SEND_TIMEOUT_S": "15"}}
    async with scene(draw, overrides=patient) as stage:
        sick = set(stage.draw.sample(sorted(stage.quick), len(stage.quick) // 4))
        healthy = stage.quick.keys() - sick
        before = await _p95_gap(stage, healthy, _USUAL_S)
        await stage.behave(_hostile(stage, sick))
        disrupted = await _disrupt(stage, sorted(sick))
        during = await _p95_gap(stage, healthy, hostile_s)
        await stage.behave(presets.usual())
        for phone in disrupted:
            await stage.disrupt(network_pb2.DISRUPTION_RESTORE, phone)
        await stage.owner.fetch(
            "UPDATE device SET state = 'active', state_reason = '', held_until = NULL, updated_at = now()"
            " WHERE state <> 'active'"
        )
        accepted = await stage.finish()
        slower = during / before - 1
        if slower > MOST_SLOWER:
            raise Fell(f"healthy devices' p95 gap went from {before:.2f} s to {during:.2f} s: {slower:+.0%}")
    return f"{accepted} sends: healthy devices' p95 gap {before:.2f} s before, {during:.2f} s meanwhile"


async def _p95_gap(stage: Scene, devices: "set[str]", seconds: float) -> float:
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


def _hostile(stage: Scene, sick: "set[str]") -> behavior_pb2.Behavior:
    script = presets.usual()
    script.seed = stage.draw.getrandbits(32)
    conduct = behavior_pb2.Conduct(
        accept_latency=behavior_pb2.Latency(uniform=behavior_pb2.UniformLatency(low_ms=5, high_ms=200)),
        ack_latency=behavior_pb2.Latency(
            lognormal=behavior_pb2.LognormalLatency(median_ms=1000, sigma=1.5, cap_ms=90_000)
        ),
        lost_send=_LOST / 2,
        lost_ack=_LOST / 2,
        refusals=[
            behavior_pb2.Chance(failure=behavior_pb2.FAILURE_TRANSIENT, probability=0.03),
            behavior_pb2.Chance(
                failure=behavior_pb2.FAILURE_TEMPORARY_BAN, probability=0.01, hold_ms=_BAN_MS
            ),
        ],
    )
    for phone in sick:
        script.devices[phone].CopyFrom(conduct)
    return script


async def _disrupt(stage: Scene, sick: list[str]) -> list[str]:
    """Log one device in ten out for good, and ban as many."""
    chosen = stage.draw.sample(sick, len(sick) // 5)
    for number, phone in enumerate(chosen):
        how = network_pb2.DISRUPTION_LOG_OUT if number % 2 else network_pb2.DISRUPTION_BAN
        await stage.disrupt(how, phone)
    return chosen
