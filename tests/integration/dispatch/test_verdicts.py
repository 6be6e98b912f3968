"""The statement `hand` by itself: each guard, with everything else in order."""

import asyncio
import uuid
from datetime import timedelta

import pytest

from services.dispatch.hand.store import Candidate
from services.dispatch.stores import Stores
from tests.support import rows
from tests.support.blocking import is_waited_for
from tests.support.eventually import eventually
from tests.support.secret import HASHES

STREAM = 7
LEAD_S = 0.3
REPEATS = 3


@pytest.fixture
async def world(hands):
    """One device with two due messages, a host with a live term, and the store."""
    async with hands.database.connection() as connection:
        account = await rows.account(connection)
        [device] = await rows.devices(connection, account, 1, min_s=10, max_s=10)
        people = await rows.leads(connection, account, [device], 2)
        plan = await rows.sequence(connection, account, 1)
        await rows.enrolled(connection, account, plan, people)
        incarnation = uuid.uuid4()
        store = Stores.on(hands.postgres, REPEATS, HASHES)
        await store.leases.attach(str(incarnation), "host", "session", STREAM, 60)
        await connection.execute("UPDATE shard_lease SET epoch = 5, incarnation = $1", incarnation)
        yield connection, store


async def ask(connection, store, number=0, *, stream=STREAM, repeatable=True):
    """The verdict on the first or second message."""
    found = await connection.fetch("SELECT * FROM message ORDER BY id")
    row = found[number]
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], stream, 0.5, repeatable)
    [verdict] = await store.hand.hand([candidate], LEAD_S)
    return verdict


async def test_all_in_order(world):
    connection, store = world
    verdict = await ask(connection, store)
    assert (verdict.verdict, verdict.epoch, verdict.attempts, verdict.wait_s) == ("hand", 5, 1, 0)
    row = await connection.fetchrow(
        "SELECT state::text, epoch, attempts, handed_at FROM message ORDER BY id LIMIT 1"
    )
    assert (row["state"], row["epoch"], row["attempts"]) == ("handed", 5, 1)
    assert row["handed_at"] is not None


GUARDS = [
    ("UPDATE campaign SET state = 'paused'", "paused", "pending"),
    ("UPDATE campaign SET state = 'cancelled'", "cancelled", "cancelled"),
    ("UPDATE enrollment SET state = 'stopped'", "cancelled", "cancelled"),
    (
        "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead",
        "suppressed",
        "suppressed",
    ),
    ("UPDATE device SET state = 'parked'", "parked", "pending"),
    ("UPDATE device SET state = 'held', held_until = now() + interval '1 h'", "held", "pending"),
    ("UPDATE message SET not_before = now() + interval '1 h'", "waiting", "pending"),
    ("UPDATE message SET state = 'sent'", "gone", "sent"),
    (
        """WITH capped AS (UPDATE device SET daily_cap = 3)
        UPDATE device_pace SET sent_on = current_date, sent_count = 3""",
        "capped",
        "pending",
    ),
    ("UPDATE device_pace SET last_sent_at = now() - interval '9 s'", "paced", "pending"),
    ("UPDATE device_pace SET last_sent_at = now() - interval '9.9 s'", "hand", "handed"),
    ("UPDATE shard_lease SET incarnation = NULL", "lease", "pending"),
    ("UPDATE host SET stream = 8", "lease", "pending"),
    ("UPDATE host SET expires_at = now() - interval '1 s'", "lapsed", "pending"),
]


@pytest.mark.parametrize(("change", "verdict", "state"), GUARDS, ids=[guard[0][:60] for guard in GUARDS])
async def test_guard(world, change, verdict, state):
    connection, store = world
    campaign = await connection.fetchval(
        "INSERT INTO campaign (account_id, state) SELECT id, 'running' FROM account RETURNING id"
    )
    await connection.execute("UPDATE message SET campaign_id = $1", campaign)
    await connection.execute(change)
    assert (await ask(connection, store)).verdict == verdict
    assert await connection.fetchval("SELECT state::text FROM message ORDER BY id LIMIT 1") == state


async def test_what_is_left_of_the_gap_is_told_to_the_host(world):
    connection, store = world
    # Planned before the gap is counted: the first time takes long on a slow machine.
    assert (await ask(connection, store, stream=STREAM + 1)).verdict == "lease"
    await connection.execute("UPDATE device_pace SET last_sent_at = now() - interval '9.8 s'")
    verdict = await ask(connection, store)
    assert verdict.verdict == "hand"
    assert 0.0 < verdict.wait_s <= 0.2


async def test_yesterdays_count_does_not_cap_today(world):
    connection, store = world
    await connection.execute("UPDATE device SET daily_cap = 3")
    await connection.execute("UPDATE device_pace SET sent_on = current_date - 1, sent_count = 3")
    assert (await ask(connection, store)).verdict == "hand"


async def test_a_device_has_one_message_in_flight_whoever_asks(world):
    connection, store = world
    first = await ask(connection, store, 0)
    second = await ask(connection, store, 1)
    assert (second.verdict, second.in_flight_id) == ("busy", first.message_id)
    assert await connection.fetchval("SELECT count(*) FROM message WHERE state = 'handed'") == 1


async def test_not_before_it_is_due(world):
    connection, store = world
    later = timedelta(minutes=1)
    await connection.execute("UPDATE message SET scheduled_at = scheduled_at + $1", later)
    verdict = await ask(connection, store)
    assert verdict.verdict == "early"
    assert 55 < verdict.wait_s <= 60


async def test_left_over_under_the_same_epoch_was_never_received(world):
    connection, store = world
    await ask(connection, store)
    again = await ask(connection, store, repeatable=False)
    assert (again.verdict, again.is_repeat, again.attempts) == ("hand", False, 2)


@pytest.mark.parametrize(("repeatable", "verdict"), [(True, "hand"), (False, "ambiguous")])
async def test_left_over_under_an_older_epoch_may_have_gone(world, repeatable, verdict):
    connection, store = world
    first = await ask(connection, store)
    await connection.execute("UPDATE shard_lease SET epoch = 6")
    again = await ask(connection, store, repeatable=repeatable)
    assert again.verdict == verdict
    if repeatable:
        assert (again.is_repeat, again.wire_id) == (True, first.wire_id)
    else:
        row = await connection.fetchrow("SELECT state::text, reason FROM message ORDER BY id LIMIT 1")
        assert tuple(row) == ("unknown", "host_lost")
        assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None


async def test_a_doubt_that_stays_one_is_told_once(world):
    connection, store = world
    await ask(connection, store)
    # As its burial, or its outcome without an answer, leaves it.
    await connection.execute(
        "UPDATE message SET state = 'unknown', reason = 'no_answer' WHERE state = 'handed'"
    )
    assert (await ask(connection, store, repeatable=False)).verdict == "ambiguous"
    assert await connection.fetchval("SELECT count(*) FROM event") == 0
    assert await connection.fetchval("SELECT reason FROM message WHERE state = 'unknown'") == "no_answer"


async def test_what_may_have_gone_is_not_repeated_after_a_stop(world):
    connection, store = world
    await ask(connection, store)
    await connection.execute("UPDATE shard_lease SET epoch = 6")
    await connection.execute(
        "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead"
    )
    assert (await ask(connection, store)).verdict == "ambiguous"
    assert await connection.fetchval("SELECT state::text FROM message ORDER BY id LIMIT 1") == "unknown"


async def test_every_end_leaves_an_event(world):
    connection, store = world
    await connection.execute("UPDATE enrollment SET state = 'stopped'")
    await ask(connection, store)
    [event] = await connection.fetch("SELECT type, state, reason FROM event")
    assert tuple(event) == ("message_changed", "cancelled", "stopped")


async def doubted(connection, store, policy, change=None):
    """The first message after its host was lost, by the policy of its sequence: state, reason, in flight."""
    await ask(connection, store)
    await connection.execute("UPDATE shard_lease SET epoch = 6")
    await connection.execute("UPDATE sequence SET on_unknown = $1", policy)
    if change:
        await connection.execute(change)
    assert (await ask(connection, store, repeatable=False)).verdict == "ambiguous"
    row = await connection.fetchrow(
        "SELECT m.state::text, m.reason, p.in_flight_id FROM message m, device_pace p ORDER BY m.id LIMIT 1"
    )
    return tuple(row)


@pytest.mark.parametrize(
    ("policy", "state", "reason"),
    [("hold", "unknown", "host_lost"), ("resend", "pending", "host_lost"), ("give_up", "failed", "gave_up")],
)
async def test_what_nobody_will_answer_goes_by_the_policy_of_its_sequence(world, policy, state, reason):
    connection, store = world
    assert await doubted(connection, store, policy) == (state, reason, None)
    events = await connection.fetch("SELECT state, reason FROM event")
    assert [tuple(event) for event in events] == ([] if state == "pending" else [(state, reason)])
    # One step a chain here: giving up is its end, and what waits for a word is not.
    ended = await connection.fetchval("SELECT state FROM enrollment ORDER BY id LIMIT 1")
    assert ended == ("finished" if policy == "give_up" else "active")


async def test_the_policy_of_a_campaign_comes_before_that_of_a_sequence(world):
    connection, store = world
    await connection.execute(
        """WITH made AS (INSERT INTO campaign (account_id, state, on_unknown)
            SELECT id, 'running', 'give_up' FROM account RETURNING id)
        UPDATE message SET campaign_id = made.id FROM made"""
    )
    assert await doubted(connection, store, "resend") == ("failed", "gave_up", None)


NOT_AGAIN = [
    "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead",
    "UPDATE enrollment SET state = 'stopped'",
    """WITH made AS (INSERT INTO campaign (account_id, state, on_unknown)
        SELECT id, 'cancelled', 'resend' FROM account RETURNING id)
    UPDATE message SET campaign_id = made.id FROM made""",
    "UPDATE message SET attempts = 3",
]


@pytest.mark.parametrize("change", NOT_AGAIN, ids=["suppressed", "stopped", "cancelled", "too often"])
async def test_the_policy_sends_nothing_that_a_first_attempt_could_not(world, change):
    connection, store = world
    assert await doubted(connection, store, "resend", change) == ("unknown", "host_lost", None)


async def test_after_a_doubt_the_gap_of_the_device_starts_anew(world):
    connection, store = world
    await doubted(connection, store, "hold")
    verdict = await ask(connection, store, 1)
    assert verdict.verdict == "paced"
    assert 9 < verdict.wait_s <= 10


@pytest.fixture
async def chain(world):
    """The same world with a chain of two steps for one lead: message 0 is unknown, message 1 is due."""
    connection, store = world
    await connection.execute(
        """UPDATE message SET enrollment_id = 1, lead_id = 1, position = id;
        UPDATE message SET state = 'unknown', attempts = 1 WHERE position = 1;
        UPDATE device SET min_delay = '0', max_delay = '0'"""
    )
    return connection, store


async def test_a_step_that_a_later_one_overtook_is_not_sent_again(hands, chain):
    connection, store = chain

    async def is_handed() -> bool:
        async with operator.transaction():
            await operator.execute("UPDATE message SET state = 'unknown' WHERE position = 1")
            await operator.execute("SELECT FROM device_pace FOR UPDATE")
            # Has looked, and waits: what it saw of the first step is about to be old.
            hand = asyncio.create_task(ask(connection, store, 1))
            await eventually(lambda: is_waited_for(operator))
            await operator.execute("UPDATE message SET state = 'pending' WHERE position = 1")
        return (await hand).verdict == "hand"  # or late, on a machine that is

    async with hands.database.connection() as operator:
        await eventually(is_handed)
    await connection.execute("UPDATE message SET state = 'sent' WHERE position = 2")
    await connection.execute("UPDATE enrollment SET state = 'finished'")
    await connection.execute("UPDATE device_pace SET in_flight_id = NULL, in_flight_at = NULL")
    assert (await ask(connection, store, 0)).verdict == "overtaken"
    row = await connection.fetchrow("SELECT state::text, reason FROM message WHERE position = 1")
    assert tuple(row) == ("unknown", "overtaken")


async def test_a_repeat_that_waits_for_the_operator_finds_it_settled(hands, world):
    connection, store = world
    await ask(connection, store)
    await connection.execute("UPDATE message SET state = 'unknown' WHERE state = 'handed'")
    async with hands.database.connection() as operator:
        async with operator.transaction():
            await operator.execute("UPDATE device_pace SET in_flight_id = NULL, in_flight_at = NULL")
            repeat = asyncio.create_task(ask(connection, store))
            await eventually(lambda: is_waited_for(operator))
            await operator.execute("UPDATE message SET state = 'failed' WHERE state = 'unknown'")
        assert (await repeat).verdict == "late"
    assert await connection.fetchval("SELECT count(*) FROM message WHERE state = 'handed'") == 0
    assert (await ask(connection, store)).verdict == "gone"


async def test_a_late_answer_comes_before_the_hand_that_waits_for_it(hands, world):
    connection, store = world
    await connection.execute("UPDATE message SET attempts = 1")
    async with hands.database.connection() as outcome:
        async with outcome.transaction():
            await outcome.execute("UPDATE message SET state = 'sent'")
            hand = asyncio.create_task(ask(connection, store))
            await eventually(lambda: is_waited_for(outcome))
        assert (await hand).verdict == "gone"
    row = await connection.fetchrow(
        "SELECT m.state::text, p.in_flight_id FROM message m, device_pace p ORDER BY m.id LIMIT 1"
    )
    assert tuple(row) == ("sent", None)


async def test_what_waits_for_a_word_does_not_hold_the_cursor_back(world):
    connection, store = world
    await connection.execute(
        "UPDATE message SET scheduled_at = scheduled_at - interval '1 h', state = 'unknown'"
    )
    [device] = await connection.fetchrow("SELECT id FROM device")
    await store.due.advance_cursors([device])
    behind = "SELECT now() - cursor_at < interval '3 min' FROM device_pace"
    assert await connection.fetchval(behind)


async def test_a_cursor_that_was_pulled_back_meanwhile_stays_there(hands, world):
    connection, store = world
    await connection.execute(
        "UPDATE message SET scheduled_at = scheduled_at - interval '1 h', state = 'unknown'"
    )
    [device] = await connection.fetchrow("SELECT id FROM device")
    async with hands.database.connection() as operator:
        async with operator.transaction():
            await operator.execute("UPDATE message SET state = 'pending'")
            await operator.execute(
                "UPDATE device_pace SET cursor_at = least(cursor_at, now() - interval '1 h')"
            )
            advance = asyncio.create_task(store.due.advance_cursors([device]))
            await eventually(lambda: is_waited_for(operator))
        await advance
    assert len(await store.due.scan({device: False}, 10, 1.0)) == 2
