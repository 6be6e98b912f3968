"""Row 12: every process of the product is restarted in turn with SIGTERM, under full load.

A shard is silent at a hand-over from its last accepted send under one epoch to its first under a later
one. It may move twice in the whole roll: away from its host, and home again.
"""

import random
import time

from tests.faults.context import FaultRun, fault_run
from tests.faults.load import SQL
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.faults.watch import p95

GAP_S = 2.0
MOVES = 2
_BETWEEN_S = 2.0


async def run(draw: random.Random) -> str:
    """The figures. No message may ever be unknown, and none is repeated. Raises Broken."""
    async with fault_run(draw, enrollments=2) as stage:
        begin = time.monotonic()
        for name in _in_turn(stage):
            await _restart(stage, name)
        moves, gaps = stage.watch.hand_overs(stage.quick, begin)
        unknown = await stage.owner.value(SQL.ever_unknown)
        accepted = await stage.finish()
        most = max(moves.values())
        figure = (
            f"{accepted} sends: hand-over gap p95 {p95(gaps):.1f} s, longest {max(gaps):.1f} s, "
            f"moves per shard ≤ {most} over the whole roll, unknown {unknown}"
        )
        if unknown or p95(gaps) > GAP_S or most > MOVES:
            raise Broken(f"{figure}; allowed are 0 unknown, {GAP_S:g} s, {MOVES} moves")
    return figure


def _in_turn(stage: FaultRun) -> list[str]:
    names = [name for name in stage.mesh.processes if name != "network"]
    stage.draw.shuffle(names)
    return names


async def _restart(stage: FaultRun, name: str) -> None:
    """Out and in again."""
    begin = time.monotonic()
    code = await stage.mesh.stop(name)
    if code:
        raise Broken(f"{name} ended with {code}:\n{stage.mesh.processes[name].tail()}")
    await stage.mesh.start(name)
    await stage.mesh.until_leased()
    await stage.pause(_BETWEEN_S)
    moves, gaps = stage.watch.hand_overs(stage.quick, begin)
    say(f"{name} restarted: {sum(moves.values())} moves, hand-over gap p95 {p95(gaps):.1f} s")
