"""Row 10: the wall clocks of two hosts are set ten minutes forwards and back while they run."""

import random
import signal
import time

from tests.faults.clocks import LATE_S, Clocks, clocks, latest_off_s
from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.verdict import Broken

_OFF_S = 600
_HOSTS = ("host-1", "host-2")
_LOAD_S = 4.0
_DEADLINE_S = 40.0


async def run(draw: random.Random) -> str:
    """Due times are the database's and gaps the monotonic clock's, so nothing changes. Raises Broken."""
    with clocks() as clock:
        own = {name: clock.environment(name) for name in _HOSTS}
        async with fault_run(draw, overrides=own, modules=clock.modules) as stage:
            for offsets in _steps(draw):
                await _step(stage, clock, offsets)
            accepted = await stage.finish()
            early = await stage.owner.value("SELECT count(*) FROM message WHERE sent_at < scheduled_at")
            if early:
                raise Broken(f"{early} messages were sent before they were due")
    return f"{accepted} sends through steps of ten minutes there and back by {clock.by}, none early"


def _steps(draw: random.Random) -> list[tuple[int, int]]:
    """One forwards and one back, then the other way round, then right again."""
    sign = draw.choice((1, -1))
    return [(sign * _OFF_S, -sign * _OFF_S), (-sign * _OFF_S, sign * _OFF_S), (0, 0)]


async def _step(stage: FaultRun, clock: Clocks, offsets: tuple[int, int]) -> None:
    """Step both, let them attach anew, and let one be succeeded."""
    for name, seconds in zip(_HOSTS, offsets, strict=True):
        clock.step(name, seconds)
    say("clocks stepped: " + ", ".join(f"{n} {s:+d} s" for n, s in zip(_HOSTS, offsets, strict=True)))
    await stage.pause(LATE_S + _LOAD_S)
    for replica in ("dispatch-1", "dispatch-2"):
        stage.mesh.kill(replica)
        await stage.until_all_send(time.monotonic(), _DEADLINE_S)
        await stage.mesh.start(replica)
    # Each was attached to one of the two: it has written a line since, by its own clock.
    for name, seconds in zip(_HOSTS, offsets, strict=True):
        if abs(latest_off_s(stage.mesh.log_path / f"{name}.log") - seconds) > _OFF_S / 2:
            raise Broken(f"the clock of {name} was not moved: the row shows nothing")
    await _succeed(stage)


async def _succeed(stage: FaultRun) -> None:
    victim = stage.draw.choice(_HOSTS)
    owned = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGKILL)
    taken = max(await stage.until_taken_over(owned, at, _DEADLINE_S))
    say(f"{victim} killed: taken over after {taken:.1f} s")
    await stage.mesh.start(victim)
    await stage.mesh.until_leased()
