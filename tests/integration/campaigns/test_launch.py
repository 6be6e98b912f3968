"""A launch: one message a lead, whatever dies, runs twice, or moves meanwhile; and counts that are exact."""

import asyncio

import pytest

from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import ListMessagesRequest
from services.enrollment.campaigns.sweeps import RETRIED
from services.runtime.errors import Unavailable
from tests.integration.campaigns.conftest import Shop
from tests.support import rows
from tests.support.eventually import eventually
from tests.support.slowness import patient

S = pb.Campaign

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, device_id, consent_at, attributes)
SELECT a.id, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea), d.ids[1 + n % cardinality(d.ids)],
    now(), jsonb_build_object('n', n::text)
FROM account a, (SELECT array_agg(id ORDER BY id) AS ids FROM device) d, generate_series(1, $1::int) n
"""
_TWICE = "SELECT count(*) - count(DISTINCT lead_id) FROM message WHERE campaign_id IS NOT NULL"
_EVEN = "SELECT count(*) FROM message WHERE campaign_id IS NOT NULL"


async def people(shop: Shop, count: int, devices: int = 3) -> None:
    account = await shop.owner.fetchval("SELECT id FROM account")
    await rows.devices(shop.owner, account, devices)
    await shop.owner.execute(_LEADS, count)


async def test_each_lead_has_one_message_and_the_counts_are_those_of_the_rows(shop: Shop) -> None:
    await people(shop, 100)
    made = await shop.launched()
    assert made.state == S.STATE_RUNNING
    assert await shop.rows(made.name) == await shop.counted(made.name) == {"pending": 100}
    assert made.progress.launched_ratio == 1.0
    assert await shop.owner.fetchval(_TWICE) == 0
    steps = await shop.owner.fetch(
        "SELECT text FROM sequence_step JOIN message m ON m.step_id = sequence_step.id"
    )
    assert {row["text"] for row in steps} == {"Hi {name}"}
    # A second look finds nothing more to do.
    assert await shop.launches.run_once() == 0


async def test_messages_of_a_device_are_a_gap_apart(shop: Shop) -> None:
    await people(shop, 30, devices=1)
    await shop.launched(min_delay={"seconds": 10}, max_delay={"seconds": 20})
    gaps = await shop.owner.fetch(
        "SELECT scheduled_at - lag(scheduled_at) OVER (ORDER BY scheduled_at) AS gap, lead_id"
        " FROM message ORDER BY lead_id"
    )
    # Pieces write a moment after the launch began; the first message is due then, and the others by the plan.
    assert all(14.9 <= row["gap"].total_seconds() <= 15.1 for row in gaps[2:])


async def test_replicas_share_a_launch(shop: Shop) -> None:
    await people(shop, 400, devices=9)
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    written = await asyncio.gather(*(shop.launches.run_once() for _ in range(4)))
    assert sum(written) == 400
    assert await shop.owner.fetchval(_TWICE) == 0
    assert await shop.counted(made.name) == {"pending": 400}


async def test_a_launch_that_died_is_gone_on_with(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await people(shop, 120)
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    write = type(shop.store).write
    left = 3

    async def dying(*args):
        nonlocal left
        left -= 1
        if left < 0:
            raise Unavailable("gone")
        return await write(*args)

    monkeypatch.setattr(type(shop.store), "write", dying)
    with pytest.raises(Unavailable):
        await shop.launches.run_once()
    halfway = await shop.GetCampaign(name=made.name)
    assert halfway.state == S.STATE_LAUNCHING
    assert 0 < halfway.progress.message_count < 120
    monkeypatch.undo()
    await shop.launches.run_once()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_RUNNING
    assert await shop.rows(made.name) == {"pending": 120}
    assert await shop.owner.fetchval(_TWICE) == 0


async def test_a_lead_that_moves_in_the_middle_gets_one_message(shop: Shop) -> None:
    await people(shop, 20, devices=2)
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    number = int(made.name[10:])
    await shop.store.begin(number)
    await shop.store.write(number, 1, 1000)  # the first device
    await shop.owner.execute("UPDATE lead SET device_id = (SELECT max(id) FROM device)")
    await shop.launches.run_once()
    assert await shop.owner.fetchval(_TWICE) == 0
    assert await shop.owner.fetchval(_EVEN) == 20


async def test_a_lead_that_moves_to_a_device_that_is_done_is_not_lost(shop: Shop) -> None:
    await people(shop, 20, devices=3)
    await shop.owner.execute("UPDATE lead SET device_id = (SELECT min(id) FROM device) WHERE id % 3 = 0")
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    number = int(made.name[10:])
    await shop.store.begin(number)
    await shop.store.write(number, 2, 1000)
    # From the last device to the first, which is done.
    moved = await shop.owner.execute(
        "UPDATE lead SET device_id = (SELECT min(id) FROM device), updated_at = now()"
        " WHERE NOT EXISTS (SELECT FROM campaign_lead got WHERE got.lead_id = lead.id)"
    )
    assert moved != "UPDATE 0"
    await shop.launches.run_once()
    assert await shop.owner.fetchval(_TWICE) == 0
    assert await shop.rows(made.name) == await shop.counted(made.name) == {"pending": 20}


async def test_only_the_audience_gets_it(shop: Shop) -> None:
    await people(shop, 50)
    made = await shop.launched("attributes.n < 10 OR attributes.n = 20")
    assert await shop.rows(made.name) == {"pending": 10}
    two = await shop.owner.fetch("SELECT id FROM lead ORDER BY id LIMIT 2")
    named = pb.Audience(leads=pb.LeadList(leads=[f"leads/{row['id']}" for row in two]))
    made = await shop.launched(audience=named)
    assert await shop.rows(made.name) == {"pending": 2}


async def test_an_audience_of_nobody_finishes_at_once(shop: Shop) -> None:
    await people(shop, 5)
    made = await shop.launched("trigger = NOBODY")
    await shop.look()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_FINISHED


async def test_a_cancel_in_the_middle_of_a_launch_leaves_nothing_pending(shop: Shop) -> None:
    await people(shop, 100)
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    number = int(made.name[10:])
    await shop.store.begin(number)
    await shop.store.write(number, 2, 7)
    cancelled = await shop.CancelCampaign(name=made.name)
    assert cancelled.state == S.STATE_CANCELLED
    assert (await shop.store.write(number, 2, 7)).devices == 0
    await shop.look()
    assert await shop.rows(made.name) == await shop.counted(made.name) == {"cancelled": 14}
    assert await shop.owner.fetchval("SELECT count(*) FROM campaign_sweep") == 0
    # Asked for again, it is no error.
    assert (await shop.CancelCampaign(name=made.name)).state == S.STATE_CANCELLED


async def test_a_piece_that_was_being_written_at_the_cancel_is_cancelled_too(shop: Shop) -> None:
    await people(shop, 40)
    made = await shop.drafted()
    number = int(made.name[10:])
    async with shop.gateway.database.connection() as other:
        pid = other.get_server_pid()
        held = other.transaction()
        await held.start()
        # The piece with this lead stands still in the middle of its statement.
        await other.execute(
            "INSERT INTO campaign_lead SELECT $1, device_id, id, 0, now() FROM lead ORDER BY id DESC LIMIT 1",
            number,
        )
        await shop.LaunchCampaign(name=made.name)
        async with asyncio.TaskGroup() as group:
            group.create_task(shop.launches.run_once())
            blocked = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))"
            await eventually(lambda: shop.owner.fetchval(blocked, pid))
            await shop.CancelCampaign(name=made.name)
            walk = group.create_task(shop.sweeps.run_once())
            # It waits for the piece; were it over now, what the piece writes would stay pending.
            await asyncio.wait({walk}, timeout=0.3)
            assert not walk.done()
            await held.rollback()
    await shop.look()
    assert (await shop.rows(made.name)).keys() == {"cancelled"}
    assert await shop.counted(made.name) == await shop.rows(made.name)


async def test_a_cancel_waits_for_nobody(shop: Shop) -> None:
    """A row that a hand has locked is passed over; the walk comes again."""
    await people(shop, 30)
    made = await shop.launched()
    async with shop.owner.transaction():
        locked = await shop.owner.fetchval("SELECT id FROM message ORDER BY id LIMIT 1 FOR UPDATE")
        await shop.CancelCampaign(name=made.name)
        async with asyncio.timeout(patient(5)):
            await shop.sweeps.run_once()
        assert await shop.rows(made.name) == {"cancelled": 29, "pending": 1}
    assert locked
    await shop.owner.execute("UPDATE campaign_sweep SET next_at = now()")
    await shop.sweeps.run_once()
    assert await shop.rows(made.name) == await shop.counted(made.name) == {"cancelled": 30}


async def test_a_campaign_finishes_when_nothing_is_open(shop: Shop) -> None:
    await people(shop, 3)
    made = await shop.launched()
    ids = [row["id"] for row in await shop.owner.fetch("SELECT id FROM message ORDER BY id")]
    for number, state in zip(ids, ("sent", "failed", "unknown"), strict=True):
        await shop.owner.execute("UPDATE message SET state = $2 WHERE id = $1", number, state)
    await shop.look()
    got = await shop.GetCampaign(name=made.name)
    assert got.state == S.STATE_RUNNING
    assert (
        await shop.counted(made.name) == await shop.rows(made.name) == {"sent": 1, "failed": 1, "unknown": 1}
    )
    await shop.owner.execute("UPDATE message SET state = 'sent' WHERE state = 'unknown'")
    await shop.look()
    got = await shop.GetCampaign(name=made.name)
    assert got.state == S.STATE_FINISHED
    assert got.HasField("end_time")
    assert await shop.counted(made.name) == await shop.rows(made.name) == {"sent": 2, "failed": 1}


async def test_a_retry_sends_the_same_message_again_and_only_what_may_pass(shop: Shop) -> None:
    await people(shop, 12)
    made = await shop.launched()
    reasons = [*RETRIED, "not_on_whatsapp", "gave_up", "invalid_message"]
    await shop.owner.execute(
        "UPDATE message SET state = 'failed', attempts = 6, reason = ($1::text[])[1 + id % 4]", reasons
    )
    await shop.owner.execute("UPDATE device_pace SET cursor_at = now() + interval '1 d'")
    before = await shop.owner.fetch("SELECT id FROM message WHERE reason = ANY ($1)", list(RETRIED))
    await shop.look()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_FINISHED
    retried = await shop.RetryFailed(name=made.name)
    assert retried.state == S.STATE_RUNNING
    assert not retried.HasField("end_time")
    # Not finished before it was looked for what to retry.
    await shop.counts.run_once()
    assert (await shop.GetCampaign(name=made.name)).state == S.STATE_RUNNING
    await shop.look()
    again = await shop.owner.fetch("SELECT id, attempts FROM message WHERE state = 'pending'")
    assert {row["id"] for row in again} == {row["id"] for row in before}
    # How often it was handed stays true.
    assert {row["attempts"] for row in again} == {6}
    assert await shop.counted(made.name) == await shop.rows(made.name) == {"failed": 9, "pending": 3}
    # The scan finds them.
    behind = """SELECT count(*) FROM message m JOIN device_pace p ON p.device_id = m.device_id
        WHERE m.state = 'pending' AND p.cursor_at > m.scheduled_at"""
    assert await shop.owner.fetchval(behind) == 0
    drafted = await shop.drafted()
    assert (await shop.refused("RetryFailed", name=drafted.name)).reason == "CAMPAIGN_STATE"


async def test_a_pause_of_a_shifting_campaign_moves_the_rest(shop: Shop) -> None:
    await people(shop, 3)
    for policy, moves in (("ON_LATE_SHIFT", True), ("ON_LATE_SEND", False)):
        made = await shop.launched(on_late=policy)
        number = int(made.name[10:])
        await shop.PauseCampaign(name=made.name)
        await shop.owner.execute(
            "UPDATE campaign SET paused_at = now() - interval '1 h' WHERE id = $1", number
        )
        assert (await shop.ResumeCampaign(name=made.name)).state == S.STATE_RUNNING
        shift = await shop.owner.fetchval(
            "SELECT extract(epoch FROM shift) FROM campaign WHERE id = $1", number
        )
        assert (shift > 3599) is moves
        # Asked for again, it changes nothing.
        await shop.ResumeCampaign(name=made.name)
        again = await shop.owner.fetchval(
            "SELECT extract(epoch FROM shift) FROM campaign WHERE id = $1", number
        )
        assert again == shift


async def test_a_watch_ends_when_all_is_over(shop: Shop) -> None:
    await people(shop, 20)
    made = await shop.drafted()
    await shop.LaunchCampaign(name=made.name)
    call = shop.client.campaigns.WatchCampaign(
        pb.WatchCampaignRequest(name=made.name), metadata=shop.client.metadata, timeout=30
    )
    responses = aiter(call)
    assert (await anext(responses)).campaign.state == S.STATE_LAUNCHING
    await shop.look()
    while (await anext(responses)).campaign.state != S.STATE_RUNNING:
        pass
    await shop.owner.execute("UPDATE message SET state = 'sent' WHERE id % 2 = 0")
    await shop.CancelCampaign(name=made.name)
    await shop.look()
    last = [response.campaign async for response in responses][-1]
    assert last.state == S.STATE_CANCELLED
    assert not last.progress.sweeping
    shown = {one.state: one.message_count for one in last.progress.counts}
    assert sorted(shown.values()) == sorted((await shop.rows(made.name)).values())
    assert sum(shown.values()) == 20


async def test_folding_changes_no_count(shop: Shop) -> None:
    await people(shop, 40)
    made = await shop.launched()
    await shop.owner.execute("UPDATE message SET state = 'handed' WHERE id % 3 = 0")
    before = await shop.counted(made.name)
    await asyncio.gather(*(shop.counts.run_once() for _ in range(3)))
    assert await shop.owner.fetchval("SELECT count(*) FROM campaign_change") == 0
    assert await shop.counted(made.name) == before == await shop.rows(made.name)


async def test_folding_changes_no_count_of_a_step(shop: Shop) -> None:
    await shop.owner.execute(
        "INSERT INTO delivery_change SELECT n % 3, n % 2, date_trunc('day', now()), 1, n % 2, n % 4 / 3"
        " FROM generate_series(1, 60) n"
    )
    summed = "SELECT sum(sent)::int, sum(delivered)::int, sum(read)::int FROM "
    before = await shop.owner.fetchrow(summed + "delivery_change")
    await asyncio.gather(*(shop.counts.run_once() for _ in range(3)))
    await shop.owner.execute("INSERT INTO delivery_change VALUES (1, 1, date_trunc('day', now()), 1, 0, 0)")
    await shop.counts.run_once()
    assert await shop.owner.fetchval("SELECT count(*) FROM delivery_change") == 0
    after = await shop.owner.fetchrow(summed + "step_count")
    assert (after[0], *after[1:]) == (before[0] + 1, *before[1:])
    arrived = await shop.owner.fetch(
        "SELECT device_id, sent, delivered FROM device_arrival ORDER BY device_id"
    )
    assert [tuple(row) for row in arrived] == [(0, 30, 0), (1, 31, 30)]


async def test_the_messages_of_a_campaign_are_listed_by_state(shop: Shop) -> None:
    await people(shop, 25)
    made = await shop.launched()
    await shop.owner.execute("UPDATE message SET state = 'failed', reason = 'render' WHERE lead_id % 5 = 0")

    async def listed(**fields) -> list:
        found, token = [], ""
        while True:
            request = ListMessagesRequest(page_size=4, page_token=token, **fields)
            page = await shop.client.call(shop.client.messages.ListMessages, request)
            found += page.messages
            token = page.next_page_token
            if not token:
                return found

    every = await listed(campaign=made.name)
    assert len({one.lead for one in every}) == len(every) == 25
    assert {one.campaign for one in every} == {made.name}
    failed = await listed(campaign=made.name, states=["STATE_FAILED"])
    assert [one.reason for one in failed] == ["render"] * 5
    assert await listed(campaign=made.name, lead=every[0].lead) == [every[0]]
    assert await listed(campaign=made.name, states=["STATE_SENT"]) == []
    request = ListMessagesRequest(campaign="campaigns/999")
    refused = await shop.client.refused(shop.client.messages.ListMessages, request)
    assert refused.metadata["resource"] == "campaigns/999"


async def test_lateness_counts_from_the_start_and_not_from_when_the_plan_was_written(shop: Shop) -> None:
    """Enrollment was away for 54 s: what is to be dropped when it is late is late by that."""
    await people(shop, 5)
    await shop.owner.execute("UPDATE device SET min_delay = '1 s', max_delay = '1 s'")
    for policy in ("ON_LATE_DROP", "ON_LATE_SEND", "ON_LATE_SHIFT"):
        made = await shop.drafted(on_late=policy, late_tolerance={"seconds": 10})
        await shop.LaunchCampaign(name=made.name)
        number = int(made.name[10:])
        await shop.owner.execute(
            "UPDATE campaign SET starts_at = starts_at - interval '54 s' WHERE id = $1", number
        )
        await shop.launches.run_once()
        found = await shop.owner.fetch(
            """SELECT extract(epoch FROM l.meant_at - c.starts_at)::float8 AS meant_s,
                m.scheduled_at >= c.anchor_at AS is_found
            FROM campaign c JOIN campaign_lead l ON l.campaign_id = c.id JOIN message m ON m.id = l.message_id
            WHERE c.id = $1""",
            number,
        )
        # The scan finds nothing that lies before its cursor.
        assert [row["is_found"] for row in found] == [True] * 5
        if policy == "ON_LATE_DROP":
            assert all(0 <= row["meant_s"] < 6 for row in found)
        else:
            assert {row["meant_s"] for row in found} == {None}
