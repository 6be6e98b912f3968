"""A launch: one message a lead, whatever dies, runs twice, or moves meanwhile; and counts that are exact."""

import asyncio

import pytest

from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import ListMessagesRequest
from services.runtime.errors import Unavailable
from tests.integration.campaigns.audience import people
from tests.integration.campaigns.conftest import Shop

S = pb.Campaign

_TWICE = "SELECT count(*) - count(DISTINCT lead_id) FROM message WHERE campaign_id IS NOT NULL"
_EVEN = "SELECT count(*) FROM message WHERE campaign_id IS NOT NULL"


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
