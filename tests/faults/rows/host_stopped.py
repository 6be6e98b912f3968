"""Row 8: a shard host is stopped for longer than its term, and goes on."""

import random
import signal
import time
from dataclasses import dataclass

from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.verdict import Broken

_DEADLINE_S = 40.0
_AFTER_S = 5.0
# What was accepted shortly before the stop may not have been answered.
_BEFORE_S = 5.0


@dataclass
class Stop:
    """What was seen of one."""

    taken_s: float
    """Until its devices had all sent through others."""
    in_flight: int
    gone: int
    """Of those in flight: accepted before others had taken over."""
    refused: int
    """Sends that the network refused after it went on."""
    late: int
    """Sends under an old epoch that it accepted after that."""


async def run(draw: random.Random, stops: tuple[float, ...] = (20.0, 60.0)) -> str:
    """The figures. Raises Broken."""
    async with fault_run(draw) as stage:
        found = [await _stop(stage, seconds) for seconds in stops]
        accepted = await stage.finish()
    late = sum(stop.late for stop in found)
    if late:
        raise Broken(f"{late} sends under an old epoch were accepted after the host went on")
    if not any(stop.in_flight for stop in found):
        raise Broken("nothing was in flight at the stops: the row shows nothing")
    in_flight, gone = sum(stop.in_flight for stop in found), sum(stop.gone for stop in found)
    return (
        f"{accepted} sends: taken over after {max(stop.taken_s for stop in found):.1f} s; of {in_flight} in "
        f"flight {gone} had gone and were known by their id, the others went through successors; late sends "
        f"refused {sum(stop.refused for stop in found)}, accepted 0"
    )


async def _stop(stage: FaultRun, seconds: float) -> Stop:
    """Stop, let others take over, go on."""
    await stage.pause(1.0, 2.0)
    victim = await stage.some_host()
    owned = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGSTOP)
    handed = await stage.handed([victim])
    taken = max(await stage.until_taken_over(owned, at, _DEADLINE_S))
    gone = {e.wire_id for e in stage.watch.since(at - _BEFORE_S) if owned.get(e.device) == e.epoch}
    await stage.pause(max(0.0, at + seconds - time.monotonic()))
    before = await stage.stats()
    stage.mesh.kill(victim, signal.SIGCONT)
    on = time.monotonic()
    await stage.pause(_AFTER_S)
    refused = sum((await stage.stats()).refused_counts.values()) - sum(before.refused_counts.values())
    late = sum(owned.get(e.device) == e.epoch for e in stage.watch.since(on))
    say(
        f"{victim} stopped for {seconds:g} s: taken over after {taken:.1f} s; {len(handed)} in flight, "
        f"{len(handed.keys() & gone)} had gone; late sends: {refused} refused, {late} accepted"
    )
    return Stop(taken, len(handed), len(handed.keys() & gone), refused, late)
