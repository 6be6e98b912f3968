"""Negative controls: with a guard taken away, the checker has to go red. One that cannot fail is a defect.

The guards are taken from real processes (`tests.faults.broken`). What each promise of the checker looks
like when it is broken is in tests/unit/local/test_reconcile.py, without processes.
"""

import random
import signal

import pytest

from infra.local.network.ledger import Entry
from infra.local.reconcile import Invariant, Records, reconcile
from tests.faults.load import Size
from tests.faults.scene import Scene, scene
from tests.faults.verdict import Allowance, fallen

SEED = 20261124
SMALL = Size(devices=120, slow=4)
LOAD_S = 6.0
SEEN_S = 45.0
TAKEN_OVER_S = 40.0

pytestmark = pytest.mark.timeout(240)


async def until_broken(stage: Scene, *expected: Invariant) -> None:
    """Wait until the checker has seen each of these broken; the mesh need not come to its end.

    Raises:
        StartFailed: it has not in time.

    """

    async def are_seen() -> bool:
        records, ledger, _ = await stage.evidence()
        return set(expected) <= reconcile(records, ledger).broken.keys()

    await stage.until(are_seen, f"red: {', '.join(each.name for each in expected)}", SEEN_S)


async def test_without_the_id_on_the_wire() -> None:
    async with scene(random.Random(SEED), size=SMALL, without={"host": ("wire-id",)}) as stage:
        await until_broken(stage, Invariant.STRANGER, Invariant.LOST)


async def test_without_pacing_suppression_and_order() -> None:
    without = {"dispatch": ("pacing", "suppression", "order")}
    async with scene(random.Random(SEED), size=SMALL, without=without) as stage:
        await until_broken(stage, Invariant.PACING, Invariant.OPTED_OUT, Invariant.ORDER)


async def _stop_and_continue(stage: Scene) -> None:
    victim = await stage.some_host()
    owned = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGSTOP)
    await stage.until_taken_over(owned, at, TAKEN_OVER_S)
    stage.mesh.kill(victim, signal.SIGCONT)


async def test_without_the_fence() -> None:
    async with scene(random.Random(SEED), size=SMALL, without={"host": ("fence",)}) as stage:
        await _stop_and_continue(stage)
        await until_broken(stage, Invariant.EPOCH)


async def test_without_the_epoch_of_a_claim() -> None:
    without = {"dispatch": ("epoch",), "host": ("session",)}
    async with scene(random.Random(SEED), size=SMALL, without=without) as stage:
        await _stop_and_continue(stage)
        await until_broken(stage, Invariant.EPOCH)


async def test_without_the_replay_of_outcomes() -> None:
    async with scene(random.Random(SEED), size=SMALL, without={"host": ("replay",)}) as stage:
        for name in ("dispatch-1", "dispatch-2"):
            stage.mesh.kill(name)
        for name in ("dispatch-1", "dispatch-2"):
            await stage.mesh.start(name)
        await stage.pause(LOAD_S)
        records, ledger, allowance = await stage.evidence()
    assert any(text.startswith("repeats:") for text in fallen(records, ledger, allowance))


def test_a_repeat_that_no_fault_explains_is_seen() -> None:
    entries = [_entry(1, repeat=False), _entry(2, repeat=True)]
    assert any(text.startswith("repeats:") for text in fallen(Records([], []), entries, Allowance()))
    explained = fallen(Records([], []), entries, Allowance(in_flight=1))
    assert not any(text.startswith("repeats:") for text in explained)


def _entry(seq: int, *, repeat: bool) -> Entry:
    return Entry(seq, seq, seq, "60111", 1, 7, "host-1", "60122", "3EB01", "00ff", repeat)
