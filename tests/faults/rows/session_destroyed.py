"""Row 6: somebody destroys a host's Consul session while the host lives."""

import random
import time

from services.runtime.discovery import Discovery
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.progress import say
from tests.faults.verdict import Broken

FENCED_S = 5.0
_DEADLINE_S = 40.0


async def run(draw: random.Random, rounds: int = 3) -> str:
    """The figures. Raises Broken."""
    async with fault_run(draw) as stage:
        found = [await destroy(stage) for _ in range(rounds)]
        accepted = await stage.finish()
        fenced, taken = max(each[0] for each in found), max(each[1] for each in found)
        if fenced > FENCED_S:
            raise Broken(f"the old epochs sent for {fenced:.1f} s, {FENCED_S:g} s are allowed")
    return f"{accepted} sends: fenced after {fenced:.1f} s, all devices send again after {taken:.1f} s"


async def destroy(stage: FaultRun) -> tuple[float, float]:
    """Seconds until the last send under the old epochs, and until every device sent under a later one."""
    await stage.pause(1.0, 2.0)
    victim = await stage.some_host()
    owned = await stage.epochs_of(victim)
    await stage.expect_repeats([victim])
    session = await stage.owner.value(SQL.session_of, victim)
    async with Discovery(stage.stack.consul[0].address, prefix=stage.mesh.name) as discovery:
        await discovery.destroy_session(session)
    at = time.monotonic()
    taken = max(await stage.until_taken_over(owned, at, _DEADLINE_S))
    old = [e.mono - at for e in stage.watch.since(at) if owned.get(e.device) == e.epoch]
    fenced = max(old, default=0.0)
    say(f"session of {victim} destroyed: fenced after {fenced:.1f} s, taken over after {taken:.1f} s")
    return fenced, taken
