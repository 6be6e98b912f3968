"""What may have happened since the backup is unknown, until an operator releases the database."""

import uuid
from datetime import timedelta

import pytest

from services.dispatch.hand.store import Candidate
from services.dispatch.outcomes.store import Result
from services.enrollment.store import Cursor, EnrollmentStore, Listener
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.restore.world import STREAM
from tests.support import rows

POSSIBLE = [
    ("state = 'pending'", True),
    ("state = 'handed', epoch = 5, attempts = 1, handed_at = now()", True),
    ("state = 'pending', not_before = now() - interval '1 s'", True),
    # A reply holds it; an operator may have resumed the lead.
    ("state = 'pending', not_before = '9999-01-01', reason = 'replied'", True),
    ("state = 'pending', not_before = now() + interval '1 h', reason = 'quiet_hours'", False),
    ("state = 'sent', attempts = 1", False),
    ("state = 'unknown', attempts = 1, reason = 'no_answer'", False),
]


@pytest.mark.parametrize(("stood", "may_have_gone"), POSSIBLE, ids=[each[0] for each in POSSIBLE])
async def test_what_may_have_been_sent_is_unknown(world, stood, may_have_gone):
    await world.connection.execute(f"UPDATE message SET {stood}")  # noqa: S608
    before = await world.connection.fetch("SELECT state::text, reason FROM message")
    await world.forget()
    await world.restores.settle(9)
    found = await world.connection.fetch("SELECT state::text, reason FROM message")
    assert found == ([("unknown", "restored")] * 2 if may_have_gone else before)
    assert await world.connection.fetchval(
        "SELECT bool_and(epoch = 10 AND incarnation IS NULL) FROM shard_lease"
    )


async def test_a_message_of_tomorrow_was_not_sent(world):
    later = await rows.leads(world.connection, await rows.account(world.connection, "b"), world.devices, 1)
    [message] = await rows.enrolled(world.connection, world.account, world.plan, later, first_in_s=3600)
    await world.forget()
    await world.restores.settle(9)
    assert (
        await world.connection.fetchval("SELECT state::text FROM message WHERE id = $1", message) == "pending"
    )


async def test_epochs_come_down_to_a_consul_that_was_restored_too(world):
    await world.connection.execute("UPDATE shard_lease SET epoch = 2 ^ 40")
    await world.forget()
    await world.restores.settle(9)
    claims = [(0, 9), (1, 10), (2, 11)]
    claimed = await world.stores.leases.claim(claims, str(uuid.uuid4()), STREAM, set(claims))
    assert [(each.shard, each.is_stale) for each in claimed] == [(0, True), (1, False), (2, False)]


ON_UNKNOWN = [("hold", "unknown"), ("resend", "pending"), ("give_up", "failed")]


@pytest.mark.parametrize(("policy", "state"), ON_UNKNOWN)
async def test_release_repeats_where_the_network_knows_ids_and_else_asks_the_policy(world, policy, state):
    await world.connection.execute("UPDATE sequence SET on_unknown = $1", policy)
    await world.forget()
    await world.restores.settle(9)
    assert await world.states() == ["unknown", "unknown"]
    again, left, withheld = await world.restores.release(20, None)
    assert await world.states() == ["pending", state]
    assert (again, left, withheld) == (1 + (state == "pending"), int(state != "pending"), 0)
    # An attempt that the network cannot recognise counts as one.
    assert [(await world.message(device))["attempts"] for device in (0, 1)] == [0, 1]


async def test_a_late_answer_is_recorded_though_the_hand_was_forgotten(world):
    await world.forget()
    await world.restores.settle(9)
    row = await world.message()
    sent = Result(
        row["id"], row["scheduled_at"], row["device_id"], 5, MessageState.SENT, None,
        0.0, b"12345678", 1.0, was_sent=True, stays=False, stops=False,
    )  # fmt: skip
    assert await world.stores.outcomes.record_outcomes([sent]) == {row["id"]: "sent"}


async def test_what_was_in_flight_is_not_handed_as_if_it_had_never_been_received(world):
    assert await world.hand() == "hand"
    await world.forget()
    await world.restores.settle(9)
    await world.restores.release(20, None)
    # The same host under the same epoch, as if no lock had been needed.
    await world.connection.execute(
        "UPDATE shard_lease SET epoch = 5, incarnation = (SELECT incarnation FROM host)"
    )
    row = await world.message()
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, repeatable=True)
    [decision] = await world.stores.hand.hand([candidate], 60)
    assert (decision.verdict, decision.is_repeat) == ("hand", True)


async def test_whom_a_scan_would_enroll_may_have_been_enrolled(world):
    await world.connection.execute("DELETE FROM message")
    await world.connection.execute("DELETE FROM enrollment")
    await world.connection.execute("UPDATE lead SET trigger = 'COLD'")
    await world.forget()
    await world.restores.settle(9)
    await world.restores.release(20, None)
    settings = PostgresSettings(postgres_dsn=world.database.dsn("enrollment"))
    async with Postgres(settings, application="test") as postgres:
        store = EnrollmentStore(postgres)
        page = await store.page(Listener(world.account, world.plan), Cursor(), 10)
        assert page.lead_ids == ()
        await world.connection.execute("UPDATE lead SET withheld_at = NULL")
        page = await store.page(Listener(world.account, world.plan), Cursor(), 10)
        assert sorted(page.lead_ids) == world.leads


@pytest.mark.parametrize(
    ("stood", "doubtful"),
    [
        ("'launching', now()", True),
        ("'scheduled', now()", True),
        ("'scheduled', now() + interval '1 h'", False),
    ],
)
async def test_a_campaign_that_may_have_been_launched_waits_for_an_operator(world, stood, doubtful):
    await world.connection.execute(f"INSERT INTO campaign (account_id, state, starts_at) SELECT 1, {stood}")
    await world.forget()
    await world.restores.settle(9)
    assert await world.connection.fetchval("SELECT is_doubtful FROM campaign") == doubtful


async def test_without_a_journal_whoever_was_written_to_is_withheld(world):
    await world.forget()
    await world.restores.settle(9)
    _, _, withheld = await world.restores.release(20, timedelta(days=7))
    assert withheld == 2
    await world.connection.execute("UPDATE shard_lease SET incarnation = (SELECT incarnation FROM host)")
    await world.connection.execute("UPDATE device_pace SET last_sent_at = NULL")
    assert await world.hand() == "withheld"
    row = await world.message()
    assert (row["state"], row["reason"], row["not_before"].year) == ("pending", "restored", 9999)


async def test_nothing_lost_leaves_everything_as_it_was(world):
    await world.forget()
    await world.restores.trust()
    assert await world.hand() == "hand"
