"""A message that begins a chat: how many of a device go a day, and what the network's refusal holds back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.devices.store import ChatsHeld
from services.dispatch.hand.store import Candidate
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states
from tests.integration.dispatch.test_hand import world as mesh
from tests.integration.dispatch.test_receipts import receipt
from tests.integration.dispatch.test_verdicts import ask, world

__all__ = ["world"]

# What makes the first lead's message no first contact.
KNOWN = {
    "a message that was accepted": """
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts)
        SELECT account_id, lead_id, device_id, now() - interval '7 days', 'handed', 1
        FROM message ORDER BY id LIMIT 1;
        UPDATE message SET state = 'sent' WHERE state = 'handed';
        UPDATE message SET state = 'read' WHERE state = 'sent'""",
    "a message of which a receipt tells that it went": """
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts)
        SELECT account_id, lead_id, device_id, now() - interval '7 days', 'unknown', 1
        FROM message ORDER BY id LIMIT 1;
        UPDATE message SET state = 'delivered' WHERE state = 'unknown'""",
    "a text of the person": """INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
        SELECT device_id, 'a', account_id, lead_id, 'reply' FROM message ORDER BY id LIMIT 1""",
}
# What does not: another device's chat, one that may never have begun, one of long ago, another person's.
STRANGE = {
    "a message of another device": """WITH other AS (
            INSERT INTO device (account_id, phone, shard) SELECT account_id, '+60999', 1 FROM device
            RETURNING id)
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts)
        SELECT account_id, lead_id, other.id, now() - interval '1 day', 'handed', 1
        FROM message, other ORDER BY message.id LIMIT 1;
        UPDATE message SET state = 'sent' WHERE state = 'handed'""",
    "a message that may have gone": KNOWN["a message that was accepted"]
    .replace("'sent'", "'unknown'")
    .replace("read", "unknown"),
    "a text of somebody else": """INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
        SELECT device_id, 'a', account_id, lead_id, 'reply' FROM message ORDER BY id DESC LIMIT 1""",
}
CAPPED = """WITH used AS (UPDATE device SET first_contact_cap = 2)
    UPDATE device_pace SET first_contacts_on = (now() AT TIME ZONE 'UTC')::date, first_contact_count = 2"""
HELD = "UPDATE device SET first_contacts_held_until = now() + interval '2 h'"


async def utc(connection) -> None:
    await connection.execute("UPDATE account SET timezone = 'UTC'")


@pytest.mark.parametrize("rule", [CAPPED, HELD], ids=["the cap of the day", "the network"])
@pytest.mark.parametrize("known", KNOWN)
async def test_chats_that_exist_go_on(world, rule, known):
    connection, store = world
    await utc(connection)
    await connection.execute(rule)
    await connection.execute(KNOWN[known])
    first, second = await connection.fetch("SELECT id FROM message WHERE state = 'pending' ORDER BY id")
    refused = await asked(connection, store, second["id"])
    assert refused.verdict == "new_chat"
    assert await store.hand.defer_first_contacts([refused]) == {refused.device_id: 1}
    taken = await asked(connection, store, first["id"])
    assert (taken.verdict, taken.is_first_contact) == ("hand", False)
    row = await connection.fetchrow(
        "SELECT state::text, reason, not_before > now() AS waits FROM message WHERE id = $1", second["id"]
    )
    assert tuple(row) == ("pending", "first_contact", True)


@pytest.mark.parametrize("strange", STRANGE)
async def test_what_is_no_chat_of_this_device_does_not_count(world, strange):
    connection, store = world
    await utc(connection)
    await connection.execute(HELD)
    message = await connection.fetchval("SELECT min(id) FROM message")
    await connection.execute(STRANGE[strange])
    assert (await asked(connection, store, message)).verdict == "new_chat"


async def asked(connection, store, message):
    numbers = [row["id"] for row in await connection.fetch("SELECT id FROM message ORDER BY id")]
    return await ask(connection, store, numbers.index(message))


async def test_those_that_are_too_many_get_places_in_the_days_ahead(world):
    connection, store = world
    await utc(connection)
    await connection.execute(CAPPED)
    await more(connection, 15)
    refused = await ask(connection, store, 0)
    assert refused.verdict == "new_chat"
    # All at once, however many were asked about.
    assert await store.hand.defer_first_contacts([refused]) == {refused.device_id: 17}
    places = await not_before(connection)
    tomorrow = await connection.fetchval("SELECT (current_date + 1)::timestamp AT TIME ZONE 'UTC'")
    # Two a day, for a week; then the places begin again.
    assert places == [tomorrow + timedelta(hours=12 * (number % 14)) for number in range(17)]
    # What comes later is put behind them.
    await more(connection, 1)
    late = await ask(connection, store, 17)
    await store.hand.defer_first_contacts([late])
    assert (await not_before(connection))[-1] == tomorrow + timedelta(hours=36)


async def test_places_grow_with_the_warm_up(world):
    connection, store = world
    await utc(connection)
    await connection.execute(CAPPED)
    await connection.execute("UPDATE device SET first_contact_cap = 9, warmup_start = 1, warmup_growth = 2")
    await connection.execute("UPDATE device_pace SET first_sent_on = (now() AT TIME ZONE 'UTC')::date")
    await more(connection, 5)
    await store.hand.defer_first_contacts([await ask(connection, store)])
    tomorrow = await connection.fetchval("SELECT (current_date + 1)::timestamp AT TIME ZONE 'UTC'")
    hours = [(place - tomorrow).total_seconds() / 3600 for place in await not_before(connection)]
    # Two tomorrow, four the day after, eight the next.
    assert hours == [0, 12, 24, 30, 36, 42, 48]


async def test_chats_that_exist_do_not_wait_for_a_queue_of_first_contacts(world):
    connection, store = world
    await utc(connection)
    await connection.execute(HELD)
    await more(connection, 700)
    newest = await connection.fetchrow("SELECT * FROM message ORDER BY id DESC LIMIT 1")
    await connection.execute("INSERT INTO chat VALUES ($1, $2)", newest["lead_id"], newest["device_id"])
    statements = 0
    while (found := await store.due.scan({newest["device_id"]: True}, 1, 5.0))[0].message_id != newest["id"]:
        candidate = Candidate(newest["device_id"], found[0].message_id, found[0].scheduled_at, 7, 0.5, True)
        [refused] = await store.hand.hand([candidate], 0.3)
        await store.hand.defer_first_contacts([refused])
        statements += 1
    assert statements == 2
    held = await connection.fetchval("SELECT first_contacts_held_until FROM device")
    assert set(await not_before(connection)) == {None, held}


async def more(connection, count: int) -> None:
    """So many more due messages of the device, each to a person of its own."""
    await connection.execute(
        """WITH made AS (
            INSERT INTO lead (account_id, phone, phone_hash, device_id, consent_at)
            SELECT d.account_id, '+6019' || lpad((l.most + n)::text, 8, '0'),
                sha256((l.most + n)::text::bytea), d.id, now()
            FROM device d, (SELECT max(id) AS most FROM lead) l, generate_series(1, $1::int) n
            RETURNING id, account_id, device_id
        )
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, step_id)
        SELECT made.account_id, made.id, made.device_id, now(), (SELECT min(id) FROM sequence_step)
        FROM made ORDER BY made.id""",
        count,
    )


async def not_before(connection):
    return [row["not_before"] for row in await connection.fetch("SELECT * FROM message ORDER BY id")]


CAPS = [
    # cap, daily cap, first day, growth, days since: what is allowed
    ((0, 100, 20, 1.5, 0), None),
    ((10, 0, 0, 1.5, 0), 10),
    ((10, 100, 20, 1.5, 0), 2),
    ((10, 100, 20, 1.5, 2), 4),
    ((10, 100, 20, 1.5, 9), 10),
    ((10, 1000, 1, 1.5, 0), 1),
    # Without a daily cap there is no share to take.
    ((10, 0, 4, 2, 0), 4),
    ((10, 0, 4, 2, 5), 10),
]


@pytest.mark.parametrize(("given", "allowed"), CAPS)
async def test_a_device_that_warms_up_begins_fewer_chats(world, given, allowed):
    connection, _ = world
    assert await connection.fetchval("SELECT first_contact_cap($1, $2, $3, $4, $5)", *given) == allowed


REFUSED = pb.Outcome.RESULT_REFUSED


async def test_the_networks_refusal_holds_the_first_contacts_of_that_device(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=2)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            assert message.is_first_contact
            await host.report([message], REFUSED, failure=pb.FAILURE_REACH_OUT_LIMIT)
        row = await connection.fetchrow(
            """SELECT state, first_contacts_held_until - now() > interval '23 h' AS holds, first_contacts_hold
            FROM device"""
        )
        assert (row["state"], row["holds"]) == ("active", True)
        assert row["first_contacts_hold"].total_seconds() == 86400
        assert await states(connection) == {"pending": 2}
        assert await connection.fetchval("SELECT first_contact_count FROM device_pace") == 0
        events = await connection.fetch("SELECT state, reason FROM event WHERE type = 'device_changed'")
        assert [tuple(event) for event in events] == [("active", "reach_out_limit")]


async def test_a_chat_that_is_refused_waits_alone(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=1)
        await connection.execute("""INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
            SELECT device_id, 'a', account_id, lead_id, 'reply' FROM message""")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            assert not message.is_first_contact
            await host.report([message], REFUSED, failure=pb.FAILURE_REACH_OUT_LIMIT)
        assert await connection.fetchval("SELECT first_contacts_held_until FROM device") is None
        row = await connection.fetchrow(
            "SELECT state::text, reason, not_before - now() > interval '14 min' AS waits FROM message"
        )
        assert tuple(row) == ("pending", "reach_out_limit", True)


@pytest.mark.parametrize(("result", "counted"), [("sent", 1), ("ambiguous", 1), ("not_sent", 0)])
async def test_what_may_have_begun_a_chat_counts(database, dispatch, result, counted):
    async with database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message], result=pb.Outcome.Result.Value(f"RESULT_{result.upper()}"))
        assert await connection.fetchval("SELECT first_contact_count FROM device_pace") == counted


@pytest.mark.parametrize("told_first", [True, False])
async def test_a_receipt_and_the_answer_count_one_chat(database, dispatch, told_first):
    async with database.connection() as connection:
        devices, _, _ = await mesh(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            if not told_first:
                await host.report([message])
            for kind in (pb.Receipt.KIND_DELIVERED, pb.Receipt.KIND_READ):
                await host.tell(receipt(message, kind))
            if told_first:
                await host.report([message])
        assert await states(connection) == {"read": 1}
        assert await connection.fetchval("SELECT first_contact_count FROM device_pace") == 1
        assert await connection.fetchval("SELECT count(*) FROM chat") == 1


async def test_a_chat_goes_on_at_once_behind_a_queue_of_first_contacts(database, dispatch):
    async with database.connection() as connection:
        [device], people, messages = await mesh(connection, devices=1, leads=120)
        await connection.execute(HELD)
        await connection.execute("INSERT INTO chat VALUES ($1, $2)", people[-1], device)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready([device])
            # Asked about one by one, half a second each, it would take a minute.
            [message] = await host.messages(1)
        assert message.message_id == messages[-1]
        assert await connection.fetchval("SELECT count(*) FROM message WHERE not_before > now()") == 119


HOLDS = [
    # The last hold, how long ago it ended, what the network says: how long it holds now; hours.
    ((0, 0, 0), 24),
    ((24, 1, 0), 48),
    ((24, 25, 0), 24),
    ((24, 1, 5), 48),
    ((0, 0, 5), 5),
    ((24 * 29, 1, 0), 24 * 30),
    # While one holds, another changes nothing.
    ((24, -1, 0), 24),
]


@pytest.mark.parametrize(("given", "hours"), HOLDS)
async def test_a_hold_that_follows_another_soon_is_twice_as_long(world, given, hours):
    connection, store = world
    last, ago, told = given
    if last:
        await connection.execute(
            """UPDATE device SET first_contacts_hold = make_interval(hours => $1),
                first_contacts_held_until = now() - make_interval(hours => $2)""",
            last,
            ago,
        )
    device = await connection.fetchval("SELECT id FROM device")
    changed = await store.devices.hold_first_contacts([await refusal(connection, told * 3600.0)], 86400.0)
    assert changed == (set() if ago < 0 else {device})
    held = await connection.fetchval("SELECT first_contacts_hold FROM device")
    assert held.total_seconds() == hours * 3600
    # An older epoch says nothing.
    await connection.execute("UPDATE device SET first_contacts_held_until = NULL")
    older = replace(await refusal(connection), epoch=4)
    assert await store.devices.hold_first_contacts([older], 86400.0) == set()


async def refusal(connection, hold_s: float = 0.0) -> ChatsHeld:
    """Of the message of the first lead, under the epoch of the world."""
    row = await connection.fetchrow(
        "SELECT device_id, id, scheduled_at FROM message WHERE state = 'pending' ORDER BY id LIMIT 1"
    )
    return ChatsHeld(row["device_id"], 5, hold_s, row["id"], row["scheduled_at"])


@pytest.mark.parametrize("known", KNOWN)
async def test_a_refusal_in_a_chat_that_exists_holds_nothing_whoever_reports_it(world, known):
    """A replica that did not hand the message itself cannot say whether it would have begun a chat."""
    connection, store = world
    await connection.execute(KNOWN[known])
    assert await store.devices.hold_first_contacts([await refusal(connection)], 86400.0) == set()
    await connection.execute("DELETE FROM chat")
    await connection.execute("DELETE FROM inbound")
    assert len(await store.devices.hold_first_contacts([await refusal(connection)], 86400.0)) == 1
