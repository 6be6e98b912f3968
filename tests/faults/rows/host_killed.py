"""Rows 1 and 20: a shard host is killed at a random moment, while half of the acknowledgements never come.

In row 20 the network does not know ids again: what a host had in hand is asked about by the next one.
"""

import random
import signal

from infra.local.network import presets
from kompang.simulation.v1 import behavior_pb2
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import Size
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.faults.watch import p95

TAKEN_OVER_S = 10.0
# A question that is not answered costs a second, and each device with something in hand has some to ask.
_ASKED_TAKEN_OVER_S = 15.0
_LOST_ACKS = 0.5
_DEADLINE_S = 40.0
# An acknowledgement that has not come by then is not waited for.
HASTY = {"host": {"KOMPANG_SEND_TIMEOUT_S": "1", "KOMPANG_TRACE_TIMEOUT_S": "1"}}
_FORGETFUL_KILLS = 10


async def run(draw: random.Random, kills: int = 20) -> str:
    """The figure. Raises Broken."""
    return await _killed(draw, kills, TAKEN_OVER_S, withholding(draw), Size())


async def run_forgetful(draw: random.Random) -> str:
    """The figure where a second send is a second message; some answers to questions are vague, or missing."""
    script = withholding(draw)
    late = behavior_pb2.Latency(uniform=behavior_pb2.UniformLatency(low_ms=0, high_ms=300))
    script.conduct.traces.CopyFrom(behavior_pb2.Traces(latency=late, unclear=0.1, lost=0.02))
    size = Size(transport="simulated_traceable")
    return await _killed(draw, _FORGETFUL_KILLS, _ASKED_TAKEN_OVER_S, script, size)


async def _killed(
    draw: random.Random, kills: int, most_s: float, script: behavior_pb2.Behavior, size: Size
) -> str:
    async with fault_run(draw, size=size, behavior=script, overrides=HASTY) as stage:
        taken = [await kill(stage, number) for number in range(1, kills + 1)]
        await stage.behave(presets.usual())
        accepted = await stage.finish()
        if p95(taken) > most_s:
            raise Broken(f"takeover p95 {p95(taken):.1f} s of {kills} kills, {most_s:g} s are allowed")
    return f"{kills} kills, {accepted} sends: takeover p95 {p95(taken):.1f} s, longest {max(taken):.1f} s"


def withholding(draw: random.Random) -> behavior_pb2.Behavior:
    """Half of what is accepted is not acknowledged."""
    script = presets.usual()
    script.seed = draw.getrandbits(32)
    script.conduct.lost_ack = _LOST_ACKS
    return script


async def kill(stage: FaultRun, number: int) -> float:
    """Kill one, start it again at once or when it has been succeeded; the seconds until all devices send."""
    await stage.pause(0.0, 2.0)
    victim = await stage.some_host()
    orphans = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGKILL)
    at_once = stage.draw.random() < 0.5
    if at_once:
        await stage.pause(0.0, 1.0)
        await stage.mesh.start(victim)
    seconds = max(await stage.until_taken_over(orphans, at, _DEADLINE_S), default=0.0)
    if not at_once:
        await stage.mesh.start(victim)
    say(f"kill {number}: {victim}, {len(orphans)} devices, taken over after {seconds:.1f} s")
    return seconds
