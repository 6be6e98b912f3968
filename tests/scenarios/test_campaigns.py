"""Campaigns forecast, launched, paused, resumed, cancelled; enrollment killed in the middle of a launch."""

import time
from collections import Counter
from collections.abc import Sequence
from math import ceil

import pytest

from infra.local.network.ledger import Entry
from kompang.simulation.v1 import behavior_pb2
from kompang.v1 import campaigns_pb2 as pb
from tests.scenarios.gateway_checks import DEVICES, FEW, MANY, MIN_S, campaign_calls, shown
from tests.scenarios.in_process import InProcessMesh
from tests.scenarios.mesh import Mesh
from tests.scenarios.processes import ProcessMesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually
from tests.support.slowness import patient

# Of the campaign that shows who goes on in step.
# Longer than a host takes from its start to its first hand: whoever is later than that is in step.
GAP_S = float(round(patient(3.0)))
# Of those who fail.
ABSENT, UNLUCKY = 6, 8
# The promise for a pause and a cancel.
SILENT_S = 2.0

S = pb.Campaign

_IN_THE_WAY = """
INSERT INTO campaign_lead (campaign_id, device_id, lead_id, message_id, scheduled_at)
SELECT $1, device_id, max(id), 0, now() FROM lead GROUP BY device_id ORDER BY device_id DESC LIMIT 1
"""
_FEW_PHONES = "SELECT phone FROM lead ORDER BY phone LIMIT $1"


async def test_a_campaign_from_forecast_to_finish_with_a_pause_in_the_middle(mesh: Mesh) -> None:
    async with campaign_calls(mesh) as at:
        name = await at.drafted("few")
        told = await at.ask("ForecastCampaign", name=name)
        assert (told.message_count, told.device_count) == (FEW, DEVICES)
        await at.ask("LaunchCampaign", name=name)
        await at.until_accepted(FEW // 4)
        paused = time.time()
        await at.ask("PauseCampaign", name=name)
        # Nothing can be awaited that does not happen: the silence is looked at for twice the promise.
        await eventually(lambda: _since(paused + 2 * SILENT_S), within_s=30)
        assert not [entry for entry in at.ledger() if entry.time > paused + SILENT_S]
        assert 0 < len(at.ledger()) < FEW
        await at.ask("ResumeCampaign", name=name)
        last = await at.watched(name)
        assert last.state == S.STATE_FINISHED
        assert shown(last) == await at.rows(name) == Counter(sent=FEW)
        assert len({entry.recipient for entry in at.ledger()}) == len(at.ledger()) == FEW
        _assert_paced(at.ledger())
        await assert_reconciled(mesh)


@pytest.mark.parametrize("policy", ["ON_LATE_DROP", "ON_LATE_SHIFT"])
async def test_what_is_overdue_after_a_pause_goes_by_the_policy_and_never_in_a_burst(
    mesh: Mesh, policy: str
) -> None:
    async with campaign_calls(mesh) as at:
        # Long enough for a slow machine to begin in time: lateness counts from the call.
        tolerance_s = ceil(patient(2.0))
        name = await at.drafted("few", on_late=policy, late_tolerance={"seconds": tolerance_s})
        await at.ask("LaunchCampaign", name=name)
        await at.until_accepted(FEW // 4)
        paused = time.time()
        await at.ask("PauseCampaign", name=name)
        # Until the last message of the plan is later than the tolerance.
        overdue = "SELECT min(now() - scheduled_at) > make_interval(secs => $1) FROM message"
        await eventually(lambda: at.owner.fetchval(overdue, tolerance_s + 0.5), within_s=30)
        resumed = time.time()
        await at.ask("ResumeCampaign", name=name)
        last = await at.watched(name)
        assert last.state == S.STATE_FINISHED
        found = shown(last)
        assert found == await at.rows(name)
        assert found.total() == FEW
        if policy == "ON_LATE_DROP":
            # Whatever was out when the pause came was sent; nothing after it.
            assert found["expired"] >= FEW // 4
            assert not [entry for entry in at.ledger() if entry.time > resumed]
        else:
            assert found == Counter(sent=FEW)
            # As long after the resume as it was to go at the pause: not sooner than the plan.
            left = len([entry for entry in at.ledger() if entry.time > resumed])
            spent = max(entry.time for entry in at.ledger()) - resumed
            assert spent >= (left / DEVICES - 2) * MIN_S
        assert paused < resumed
        _assert_paced(at.ledger())
        await assert_reconciled(mesh)


async def test_devices_that_stood_still_do_not_go_on_in_step(processes: ProcessMesh) -> None:
    async with campaign_calls(processes) as at:
        gap = {"seconds": int(GAP_S)}
        name = await at.drafted("few", min_delay=gap, max_delay=gap)
        await at.ask("LaunchCampaign", name=name)
        await at.until_out_of_step(0.0, GAP_S)
        await at.ask("PauseCampaign", name=name)
        # Long enough that no device is in its rhythm any more.
        paused = time.time()
        await eventually(lambda: _since(paused + SILENT_S + GAP_S), within_s=30)
        resumed = time.time()
        await at.ask("ResumeCampaign", name=name)
        await at.until_out_of_step(resumed, GAP_S)
        for host in processes.hosts:
            await processes.kill(host)
        killed = time.time()
        await eventually(lambda: _since(killed + 2 * GAP_S), within_s=30)
        # A takeover must stay quick: only devices that nobody served for half a minute begin anew.
        await at.owner.execute("UPDATE kompang.device_pace SET last_sent_at = last_sent_at - interval '30 s'")
        for host in processes.hosts:
            await processes.start(host)
        await at.until_out_of_step(killed + GAP_S, GAP_S)
        await at.ask("CancelCampaign", name=name)
        last = await at.watched(name)
        assert shown(last) == await at.rows(name)
        _assert_paced(at.ledger(), GAP_S)
        await assert_reconciled(processes)


async def test_a_retry_sends_what_failed_and_may_pass_and_nothing_else(mesh: Mesh) -> None:
    async with campaign_calls(mesh) as at:
        phones = [row["phone"][1:] for row in await at.owner.fetch(_FEW_PHONES, FEW)]
        absent, unlucky = phones[:ABSENT], phones[ABSENT : ABSENT + UNLUCKY]
        always = behavior_pb2.Conduct(
            refusals=[behavior_pb2.Chance(failure=behavior_pb2.FAILURE_TRANSIENT, probability=1)]
        )
        await at.behave(
            behavior_pb2.Behavior(absent_recipients=absent, recipients=dict.fromkeys(unlucky, always))
        )
        name = await at.drafted("few")
        await at.ask("LaunchCampaign", name=name)
        last = await at.watched(name)
        assert last.state == S.STATE_FINISHED
        went = FEW - ABSENT - UNLUCKY
        assert shown(last) == await at.rows(name) == Counter(sent=went, failed=ABSENT + UNLUCKY)
        assert {entry.recipient for entry in at.ledger()} == {*phones[ABSENT + UNLUCKY :]}
        # The reason has passed; those who are not there are not there.
        await at.behave(behavior_pb2.Behavior(absent_recipients=absent))
        assert (await at.ask("RetryFailed", name=name)).state == S.STATE_RUNNING
        last = await at.watched(name)
        assert last.state == S.STATE_FINISHED
        assert shown(last) == await at.rows(name) == Counter(sent=went + UNLUCKY, failed=ABSENT)
        again = at.ledger()[went:]
        assert sorted(entry.recipient for entry in again) == sorted(unlucky)
        assert len({entry.recipient for entry in at.ledger()}) == len(at.ledger()) == went + UNLUCKY
        reasons = await at.owner.fetch("SELECT reason, attempts FROM message WHERE state = 'failed'")
        # Nobody asked the network about them a second time.
        assert {tuple(row) for row in reasons} == {("not_on_whatsapp", 1)}
        await assert_reconciled(mesh)


@pytest.mark.real_processes
async def test_a_launch_goes_on_after_enrollment_was_killed_and_a_cancel_ends_it(mesh: Mesh) -> None:
    enrollment = "enrollment" if isinstance(mesh, InProcessMesh) else "enrollment-1"
    async with campaign_calls(mesh) as at:
        name = await at.drafted("many")
        held = at.owner.transaction()
        await held.start()
        # Whoever writes the messages of the last device stands still in the middle of the statement.
        await at.owner.execute(_IN_THE_WAY, int(name.rpartition("/")[2]))
        await at.ask("LaunchCampaign", name=name)

        async def is_halfway() -> bool:
            return (await at.ask("GetCampaign", name=name)).progress.message_count >= MANY // 2

        await eventually(is_halfway, within_s=30)
        await mesh.kill(enrollment)
        halfway = await at.ask("GetCampaign", name=name)
        assert halfway.state == S.STATE_LAUNCHING
        assert halfway.progress.message_count < MANY
        assert not at.ledger()
        # The statement goes on without its caller, while the next process does the same.
        await held.rollback()
        await mesh.start(enrollment)

        async def runs() -> bool:
            return (await at.ask("GetCampaign", name=name)).state == S.STATE_RUNNING

        await eventually(runs, within_s=60)
        assert (await at.rows(name)).total() == MANY
        twice = "SELECT count(*) - count(DISTINCT lead_id) FROM message WHERE campaign_id = $1"
        assert await at.owner.fetchval(twice, int(name.rpartition("/")[2])) == 0
        await at.until_accepted(3 * DEVICES)
        cancelled = time.time()
        await at.ask("CancelCampaign", name=name)
        last = await at.watched(name)
        await eventually(lambda: _since(cancelled + 2 * SILENT_S), within_s=30)
        assert last.state == S.STATE_CANCELLED
        assert shown(last) == await at.rows(name)
        assert shown(last).keys() == {"sent", "cancelled"}
        assert shown(last).total() == MANY
        assert len(at.ledger()) == shown(last)["sent"]
        assert not [entry for entry in at.ledger() if entry.time > cancelled + SILENT_S]
        await assert_reconciled(mesh)


async def _since(moment: float) -> bool:
    return time.time() >= moment


def _assert_paced(ledger: Sequence[Entry], least_s: float = MIN_S) -> None:
    last: dict[str, Entry] = {}
    for entry in ledger:
        gap = entry.gap_s(last[entry.device]) if entry.device in last else least_s
        assert entry.repeat or gap >= least_s - 0.05
        last[entry.device] = entry
