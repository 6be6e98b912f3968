"""Negative controls: with a guard taken away, the checker has to go red. One that cannot fail is a defect.

The guards are taken from real processes (`tests.faults.broken`). What each promise of the checker looks
like when it is broken is in tests/unit/reconcile/test_broken_promises.py, without processes.
"""

import asyncio
import random
import signal
import time
from contextlib import AbstractAsyncContextManager

import pytest

from infra.local.errors import StartFailed
from infra.local.network.ledger import Entry, read_ledger
from infra.local.reconcile import Invariant, Records, Report, reconcile
from tests.faults.context import FaultRun, fault_run
from tests.faults.load import Size
from tests.faults.verdict import Allowance, broken_promises

SEED = 20261124
SMALL = Size(devices=100, slow=4)
# Short terms: what is waited for here is that something goes wrong.
HASTY = {"dispatch": {"KOMPANG_TERM_S": "2"}}
SEEN_S = 45.0
TAKEN_OVER_S = 40.0
STOPS = 3

pytestmark = pytest.mark.timeout(240)


def without(**guards: tuple[str, ...]) -> AbstractAsyncContextManager[FaultRun]:
    """A mesh under load with these guards taken away, by kind of process; the load asks dispatch alone."""
    return fault_run(
        random.Random(SEED),
        size=SMALL,
        hosts=2,
        enrollments=0,
        gateways=0,
        overrides=HASTY,
        without=guards,
    )


async def until_broken(stage: FaultRun, *expected: Invariant, within_s: float = SEEN_S) -> None:
    """Wait until the checker has seen each of these broken; the mesh need not come to its end."""
    missing = set(expected)

    async def are_seen() -> bool:
        # The load runs on: what is only so because one was read before the other is not so in both.
        before = await asyncio.to_thread(read_ledger, stage.mesh.ledger_path)
        records, after, _ = await stage.evidence()
        seen = [_for_good(reconcile(records, ledger)) for ledger in (before, after)]
        missing.difference_update(seen[0] & seen[1])
        return not missing

    try:
        await stage.until(are_seen, "red", within_s)
    except StartFailed as error:
        raise AssertionError(f"not red: {', '.join(each.name for each in missing)}") from error


def _for_good(report: Report) -> set[Invariant]:
    """Broken promises, without those that are only not kept yet: some messages are in flight."""
    return {
        each.invariant for each in report.violations if each.text not in ("accepted, but handed", "handed")
    }


async def test_without_the_guards_of_one_message() -> None:
    """Its id on the wire, its place in the order, the device's pace, the lead's word, the record of it."""
    guards = ("pacing", "suppression", "order", "record")
    async with without(host=("wire-id",), dispatch=guards) as stage:
        await until_broken(
            stage,
            Invariant.UNKNOWN_ID,
            Invariant.LOST,
            Invariant.UNRECORDED,
            Invariant.ORDER,
            Invariant.PACING,
            Invariant.OPTED_OUT,
        )


async def test_without_the_replay_of_outcomes_and_the_fence() -> None:
    async with without(host=("replay", "fence")) as stage:
        await _kill_both_replicas(stage)

        async def are_repeated() -> bool:
            return any(text.startswith("repeats:") for text in broken_promises(*await stage.evidence()))

        await stage.until(are_repeated, "red: repeats", SEEN_S)
        await _stop_and_continue_until_late(stage)


async def test_without_the_epoch_of_a_claim() -> None:
    async with without(dispatch=("epoch",), host=("session",)) as stage:
        await _stop_and_continue_until_late(stage)


async def _kill_both_replicas(stage: FaultRun) -> None:
    for name in ("dispatch-1", "dispatch-2"):
        stage.mesh.kill(name)
    async with asyncio.TaskGroup() as group:
        for name in ("dispatch-1", "dispatch-2"):
            group.create_task(stage.mesh.start(name))


async def _stop_and_continue_until_late(stage: FaultRun) -> None:
    """Where a host was between two sends when it stopped, nothing is late: the next one is stopped."""
    for others in range(STOPS - 1, -1, -1):
        await _stop_and_continue(stage)
        try:
            await until_broken(stage, Invariant.EPOCH, within_s=SEEN_S / STOPS)
        except AssertionError:
            if not others:
                raise
        else:
            return


async def _stop_and_continue(stage: FaultRun) -> None:
    # Only what is in hand can be sent late.
    await stage.until_all_send(time.monotonic(), SEEN_S)
    victim = await stage.some_host()
    owned = await stage.epochs_of(victim)
    at = await stage.fault(victim, signal.SIGSTOP)
    await stage.until_taken_over(owned, at, TAKEN_OVER_S)
    stage.mesh.kill(victim, signal.SIGCONT)


def test_a_repeat_that_no_fault_explains_is_seen() -> None:
    entries = [_entry(1, repeat=False), _entry(2, repeat=True)]
    assert any(text.startswith("repeats:") for text in broken_promises(Records([], []), entries, Allowance()))
    explained = broken_promises(Records([], []), entries, Allowance(in_flight=1))
    assert not any(text.startswith("repeats:") for text in explained)


def test_two_messages_in_flight_on_a_device_are_seen() -> None:
    entries = [_entry(1, repeat=False), _entry(2, repeat=False, wire_id="3EB02"), _entry(3, repeat=True)]
    broken = broken_promises(Records([], []), entries, Allowance(in_flight=1))
    assert any(text.startswith("in flight:") for text in broken)


def _entry(seq: int, *, repeat: bool, wire_id: str = "3EB01") -> Entry:
    return Entry(seq, seq, seq, "60111", 1, 7, "host-1", "60122", wire_id, "00ff", repeat)
