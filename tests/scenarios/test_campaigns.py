"""Campaigns forecast, launched, paused, resumed, cancelled; enrollment killed in the middle of a launch."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import grpc
import pytest

from infra.local.network.ledger import Entry, read_ledger
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc, devices_pb2
from kompang.v1.messages_pb2 import Message
from tests.scenarios.in_process import InProcessMesh
from tests.scenarios.integrator import integrator
from tests.scenarios.mesh import Mesh
from tests.scenarios.processes import ProcessMesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually

DEVICES = 8
FEW = 80
MANY = 24_000
MIN_S, MAX_S = 0.2, 0.25
# Of the campaign that shows who goes on in step.
GAP_S = 2.0
# Of those who fail.
ABSENT, UNLUCKY = 6, 8
# The promise for a pause and a cancel.
SILENT_S = 2.0

S = pb.Campaign

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, display_name, device_id, consent_at, attributes)
SELECT d.account_id, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea), 'Lead ' || n, d.id, now(),
    jsonb_build_object('kind', CASE WHEN n <= $1 THEN 'few' ELSE 'many' END)
FROM generate_series(1, $1::int + $2::int) n
JOIN (SELECT id, account_id, row_number() OVER (ORDER BY id) - 1 AS place FROM device) d
    ON d.place = n % $3::int
"""
_IN_THE_WAY = """
INSERT INTO campaign_lead (campaign_id, device_id, lead_id, message_id, scheduled_at)
SELECT $1, device_id, max(id), 0, now() FROM lead GROUP BY device_id ORDER BY device_id DESC LIMIT 1
"""
_FEW_PHONES = "SELECT phone FROM lead ORDER BY phone LIMIT $1"
_ROWS = "SELECT state::text, count(*) FROM message WHERE campaign_id = $1 GROUP BY 1"


@dataclass
class Desk:
    """The marketer's: calls, and the owner's look into the database."""

    mesh: Mesh
    campaigns: Any
    call: dict[str, Any]
    owner: asyncpg.Connection

    async def ask(self, method: str, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        return await getattr(self.campaigns, method)(request, **self.call)

    async def drafted(self, kind: str, **fields: Any) -> str:
        audience = pb.Audience(filter=f"attributes.kind = {kind}")
        made = await self.ask("CreateCampaign", campaign=S(text="Hi {name}", audience=audience, **fields))
        return str(made.name)

    async def watched(self, name: str) -> S:
        """The last response of a watch that ends by itself."""
        request = pb.WatchCampaignRequest(name=name)
        seen = [one.campaign async for one in self.campaigns.WatchCampaign(request, **self.call)]
        return seen[-1]

    async def rows(self, name: str) -> Counter[str]:
        return Counter(dict(await self.owner.fetch(_ROWS, int(name.rpartition("/")[2]))))

    async def behave(self, script: behavior_pb2.Behavior) -> None:
        """Changes the network's ways."""
        async with grpc.aio.insecure_channel(self.mesh.network_address) as channel:
            stub = network_pb2_grpc.NetworkServiceStub(channel)
            await stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=10)

    def ledger(self) -> list[Entry]:
        return read_ledger(self.mesh.ledger_path) if self.mesh.ledger_path.exists() else []

    async def until_out_of_step(self, since: float) -> None:
        """Each device's first send since then: they are spread, by chance less once in 10,000 times."""

        async def firsts() -> dict[str, float] | None:
            found: dict[str, float] = {}
            for entry in self.ledger():
                if entry.time > since and not entry.repeat:
                    found.setdefault(entry.device, entry.mono)
            return found if len(found) == DEVICES else None

        moments = (await eventually(firsts, within_s=60, what="a send of each device")).values()
        assert max(moments) - min(moments) > GAP_S / 5

    async def until_accepted(self, count: int) -> None:
        async def is_there() -> bool:
            return len(self.ledger()) >= count

        await eventually(is_there, within_s=60, what=f"{count} accepted messages")


def shown(campaign: S) -> Counter[str]:
    names = Message.State.Name
    return Counter({names(one.state)[6:].lower(): one.message_count for one in campaign.progress.counts})


@asynccontextmanager
async def desk(mesh: Mesh) -> AsyncIterator[Desk]:
    key = await mesh.create_account("acme")
    owner = await asyncpg.connect(
        mesh.owner_dsn, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        async with integrator(mesh.gateway_address, key) as client:
            await _devices(client.create_devices(DEVICES, min_s=MIN_S, max_s=MAX_S))
        await owner.execute(_LEADS, FEW, MANY, DEVICES, timeout=60)
        async with grpc.aio.insecure_channel(mesh.gateway_address) as channel:
            call = {"metadata": [("authorization", f"Bearer {key}")], "timeout": 60}
            yield Desk(mesh, campaigns_pb2_grpc.CampaignsServiceStub(channel), call, owner)
    finally:
        await owner.close(timeout=10)


async def _devices(created: Any) -> Sequence[devices_pb2.Device]:
    made: Sequence[devices_pb2.Device] = await created
    assert len(made) == DEVICES
    return made


async def test_a_campaign_from_forecast_to_finish_with_a_pause_in_the_middle(mesh: Mesh) -> None:
    async with desk(mesh) as at:
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
    async with desk(mesh) as at:
        name = await at.drafted("few", on_late=policy, late_tolerance={"seconds": 1})
        await at.ask("LaunchCampaign", name=name)
        await at.until_accepted(FEW // 4)
        paused = time.time()
        await at.ask("PauseCampaign", name=name)
        # Until the last message of the plan is later than the tolerance.
        overdue = "SELECT min(now() - scheduled_at) > '1.5 s' FROM message"
        await eventually(lambda: at.owner.fetchval(overdue), within_s=30)
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
    async with desk(processes) as at:
        gap = {"seconds": int(GAP_S)}
        name = await at.drafted("few", min_delay=gap, max_delay=gap)
        await at.ask("LaunchCampaign", name=name)
        await at.until_out_of_step(0.0)
        await at.ask("PauseCampaign", name=name)
        # Long enough that no device is in its rhythm any more.
        paused = time.time()
        await eventually(lambda: _since(paused + SILENT_S + GAP_S), within_s=30)
        resumed = time.time()
        await at.ask("ResumeCampaign", name=name)
        await at.until_out_of_step(resumed)
        for host in processes.hosts:
            await processes.kill(host)
        killed = time.time()
        await eventually(lambda: _since(killed + 2 * GAP_S), within_s=30)
        for host in processes.hosts:
            await processes.start(host)
        await at.until_out_of_step(killed + GAP_S)
        await at.ask("CancelCampaign", name=name)
        last = await at.watched(name)
        assert shown(last) == await at.rows(name)
        _assert_paced(at.ledger(), GAP_S)
        await assert_reconciled(processes)


async def test_a_retry_sends_what_failed_and_may_pass_and_nothing_else(processes: ProcessMesh) -> None:
    async with desk(processes) as at:
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
        await assert_reconciled(processes)


async def test_a_launch_goes_on_after_enrollment_was_killed_and_a_cancel_ends_it(mesh: Mesh) -> None:
    enrollment = "enrollment" if isinstance(mesh, InProcessMesh) else "enrollment-1"
    async with desk(mesh) as at:
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
        twice = "SELECT count(*) - count(DISTINCT lead_id) FROM message"
        assert await at.owner.fetchval(twice) == 0
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
    last: dict[str, float] = {}
    for entry in ledger:
        assert entry.repeat or entry.mono - last.get(entry.device, float("-inf")) >= least_s - 0.05
        last[entry.device] = entry.mono
