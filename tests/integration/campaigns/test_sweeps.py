"""Cancel, retry and resume walk through the messages that a launch has written."""

import asyncio

from kompang.v1 import campaigns_pb2 as pb
from services.enrollment.campaigns.sweeps.sweeps import RETRIED
from tests.integration.campaigns.audience import people
from tests.integration.campaigns.conftest import Shop
from tests.support.eventually import eventually
from tests.support.slowness import patient

S = pb.Campaign


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
