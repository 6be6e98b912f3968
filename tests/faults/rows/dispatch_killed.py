"""Row 2: dispatch replicas are killed in the middle of their streams, one and then both."""

import random
import time
from collections.abc import Mapping

from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.progress import say
from tests.faults.verdict import Broken

RECONNECTED_S = 5.0
_DEADLINE_S = 30.0


async def run(draw: random.Random, rounds: int = 3) -> str:
    """The figure. No repeat is allowed: the hosts live, and tell their outcomes again. Raises Broken."""
    async with fault_run(draw) as stage:
        one = [await kill_one(stage) for _ in range(rounds)]
        both = [await kill_both(stage) for _ in range(rounds)]
        accepted = await stage.finish()
    attached, replayed = max(each[0] for each in both), sum(each[1] for each in both)
    if max(*one, attached) > RECONNECTED_S:
        raise Broken(f"{max(one):.1f} s (one), {attached:.1f} s (both), {RECONNECTED_S:g} s are allowed")
    if not replayed:
        raise Broken("no outcome was waiting for dispatch: the row shows nothing")
    return (
        f"{accepted} sends: devices send after {max(one):.1f} s, hosts attach after {attached:.1f} s, "
        f"{replayed} outcomes told again"
    )


async def kill_one(stage: FaultRun) -> float:
    """The longest until a device sent again."""
    await stage.pause(1.0, 3.0)
    victim = stage.draw.choice(["dispatch-1", "dispatch-2"])
    stage.mesh.kill(victim)
    at = time.monotonic()
    # What had been handed already is sent all the same: only what comes later is proof.
    seconds = max(await stage.until_all_send(at + 1.0, _DEADLINE_S)) + 1.0
    say(f"{victim} killed: all devices send after {seconds:.1f} s")
    await stage.mesh.start(victim)
    return seconds


async def kill_both(stage: FaultRun) -> tuple[float, int]:
    """The longest until a host had attached again, from when one replica serves; outcomes told again."""
    await stage.pause(1.0, 3.0)
    killed = await stage.owner.value("SELECT clock_timestamp()")
    for name in ("dispatch-1", "dispatch-2"):
        stage.mesh.kill(name)
    handed = await stage.handed(stage.mesh.hosts)
    await stage.pause(0.0, 1.5)
    await stage.mesh.start("dispatch-1")
    at = time.monotonic()

    async def are_attached() -> bool:
        return bool(await stage.owner.value(SQL.attached_since, killed) == len(stage.mesh.hosts))

    await stage.until(are_attached, "every host attaches again", _DEADLINE_S)
    attached = time.monotonic() - at
    sending = max(await stage.until_all_send(at, _DEADLINE_S))
    say(
        f"both killed: hosts attach {attached:.1f} s after one serves, all devices send after {sending:.1f} s"
    )
    await stage.mesh.start("dispatch-2")
    return attached, await _replayed(stage, handed, at)


async def _replayed(stage: FaultRun, handed: Mapping[str, int], at: float) -> int:
    """How many of these had gone while there was nobody to tell; waits until each is known to have."""
    gone = {handed[e.wire_id] for e in stage.watch.entries if e.wire_id in handed and e.mono < at}

    async def are_known() -> bool:
        return bool(await stage.owner.value(SQL.not_sent, list(gone)) == 0)

    await stage.until(are_known, f"{len(gone)} outcomes are told again", _DEADLINE_S)
    return len(gone)
