"""Row 12: every process of the product is restarted in turn with SIGTERM, under full load."""

import random
import time

from tests.faults.load import SQL
from tests.faults.scene import Scene, say, scene
from tests.faults.verdict import Fell
from tests.faults.watch import p95

GAP_S = 2.0
MOVES = 2
_BETWEEN_S = 2.0


async def run(draw: random.Random) -> str:
    """The figures. No message may ever be unknown, and none is repeated. Raises Fell."""
    async with scene(draw, enrollments=2) as stage:
        begin = time.monotonic()
        most = max([await _restart(stage, name) for name in _in_turn(stage)])
        moves, gaps = stage.watch.hand_overs(stage.quick, begin)
        unknown = await stage.owner.value(SQL.ever_unknown)
        accepted = await stage.finish()
        figure = (
            f"{accepted} sends: hand-over gap p95 {p95(gaps):.1f} s, moves per shard and restart ≤ {most} "
            f"(≤ {max(moves.values())} over all), unknown {unknown}"
        )
        if unknown or p95(gaps) > GAP_S or most > MOVES:
            raise Fell(f"{figure}; allowed are 0 unknown, {GAP_S:g} s, {MOVES} moves")
    return figure


def _in_turn(stage: Scene) -> list[str]:
    names = [name for name in stage.mesh.processes if name != "network"]
    stage.draw.shuffle(names)
    return names


async def _restart(stage: Scene, name: str) -> int:
    """Out and in again; how often a shard changed hands meanwhile, at most."""
    begin = time.monotonic()
    code = await stage.mesh.stop(name)
    if code:
        raise Fell(f"{name} ended with {code}:\n{stage.mesh.processes[name].tail()}")
    await stage.mesh.start(name)
    await stage.mesh.until_leased()
    await stage.pause(_BETWEEN_S)
    moves, gaps = stage.watch.hand_overs(stage.quick, begin)
    say(f"{name} restarted: {sum(moves.values())} moves, hand-over gap p95 {p95(gaps):.1f} s")
    return max(moves.values(), default=0)
