"""Ten thousand seeded schedules of faults against the real hosts and replicas, under a virtual clock.

SEED=1234 pytest tests/model -k replays -s     one schedule, with its history
SCHEDULES=100000 pytest tests/model            more of them
"""

import gc
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.model.controls import CONTROLS, Control
from tests.model.schedule import run, run_many

SCHEDULES = int(os.environ.get("SCHEDULES", "10000"))
SEED = int(os.environ.get("SEED", "1"))
_CHUNK = 500
# Independent of each other, so that workers share them.
CHUNKS = [range(start, min(start + _CHUNK, SCHEDULES)) for start in range(0, SCHEDULES, _CHUNK)]
OFTEN_TWO = (60, 156, 268, 286, 480, 800, 856, 911, 9070, 9087, 9089, 9293)
"""In these a replica is asked to leave: their histories followed from the addresses of objects in a set."""
ENOUGH = 3000
"""So many schedules must be enough for a control to be seen; the rarest shows once in a thousand."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No logs; and killed processes leave coroutines behind that complain when they are collected."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    logging.disable(logging.CRITICAL)
    yield
    gc.collect()
    logging.disable(logging.NOTSET)
    sys.unraisablehook = hook


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_every_schedule_keeps_the_invariants(seeds: range):
    covered: Counter[str] = Counter()
    breached = run_many(seeds, covered=covered)
    assert not breached, f"SEED={breached.seed} pytest tests/model -k replays -s\n{breached.history()}"
    assert covered["schedules"] == len(seeds)
    sys.stdout.write(", ".join(f"{count} {kind}" for kind, count in covered.most_common()) + "\n")


@pytest.mark.parametrize("seed", OFTEN_TWO)
def test_a_seed_has_one_history(seed: int):
    assert len({run(seed).history() for _ in range(3)}) == 1


def test_a_seed_replays():
    first, second = run(SEED), run(SEED)
    sys.stdout.write(first.history() + "\n")
    assert first.history() == second.history()
    assert first.breach is None


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_the_checker_goes_red_without(control: Control):
    red = run_many(range(control.seen_at, control.seen_at + 1), control) or run_many(range(ENOUGH), control)
    assert red, f"{ENOUGH} schedules with {control.name}, and nothing was noticed"
    sys.stdout.write(f"{control.name}: {red.breach} at seed {red.seed}\n")
