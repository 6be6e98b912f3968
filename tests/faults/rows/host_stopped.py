"""Row 8: a shard host is stopped for longer than its term, and goes on."""

import random
import signal
import time

from tests.faults.scene import Scene, say, scene
from tests.faults.verdict import Fell

_DEADLINE_S = 40.0
_AFTER_S = 5.0


async def run(draw: random.Random, stops: tuple[float, ...] = (20.0, 60.0)) -> str:
    """The figures. Raises Fell."""
    async with scene(draw) as stage:
        found = [await _stop(stage, seconds) for seconds in stops]
        accepted = await stage.finish()
        taken, late = max(each[0] for each in found), sum(each[1] for each in found)
        if late:
            raise Fell(f"{late} sends under an old epoch were accepted after the host went on")
    return f"{accepted} sends: taken over after {taken:.1f} s, late sends accepted {late}"


async def _stop(stage: Scene, seconds: float) -> tuple[float, int]:
    """How long until its devices sent through others, and what was still accepted from it later."""
    await stage.pause(1.0, 2.0)
    victim = await stage.some_host()
    owned = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGSTOP)
    taken = max(await stage.until_taken_over(owned, at, _DEADLINE_S))
    await stage.pause(max(0.0, at + seconds - time.monotonic()))
    stage.mesh.kill(victim, signal.SIGCONT)
    on = time.monotonic()
    await stage.pause(_AFTER_S)
    late = sum(owned.get(e.device) == e.epoch and not e.repeat for e in stage.watch.since(on))
    say(f"{victim} stopped for {seconds:g} s: taken over after {taken:.1f} s, {late} late sends accepted")
    return taken, late
