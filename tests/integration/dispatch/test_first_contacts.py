"""A message that begins a chat: how many of a device go a day, and what the network's refusal holds back."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.devices.store import ChatsHeld
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states
from tests.integration.dispatch.test_hand import world as mesh
from tests.integration.dispatch.test_verdicts import ask, world

__all__ = ["world"]

# What makes the first lead's message no first contact.
KNOWN = {
    "a message that was accepted": """
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts)
        SELECT account_id, lead_id, device_id, now() - interval '7 days', 'read', 1
        FROM message ORDER BY id LIMIT 1""",
    "a text of the person": """INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind)
        SELECT device_id, 'a', account_id, lead_id, 'reply' FROM message ORDER BY id LIMIT 1""",
}
# What does not: another device's chat, one that may never have begun, one of long ago, another person's.
STRANGE = {
    "a message of another device": """WITH other AS (
            INSERT INTO device (account_id, phone, shard) SELECT account_id, '+60999', 1 FROM device
            RETURNING id)
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts)
        SELECT account_id, lead_id, other.id, now() - interval '1 day', 'sent', 1
        FROM message, other ORDER BY message.id LIMIT 1""",
    "a message that may have gone": KNOWN["a message that was accepted"].replace("read", "unknown"),
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
    for number in (0, 1):
        assert (await ask(connection, store, number)).verdict == "new_chat"
    first, second = [
        row["not_before"] for row in await connection.fetch("SELECT not_before FROM message ORDER BY id")
    ]
    tomorrow = await connection.fetchval("SELECT (current_date + 1)::timestamp AT TIME ZONE 'UTC'")
    assert first == tomorrow
    # Two a day.
    assert (second - first).total_seconds() == 12 * 3600
    # After a week the places begin again.
    await connection.execute("UPDATE message SET not_before = NULL")
    await connection.execute(
        "UPDATE device_pace SET first_contact_slot = $1::timestamptz + interval '7 days'", tomorrow
    )
    await ask(connection, store)
    assert await connection.fetchval("SELECT not_before FROM message ORDER BY id LIMIT 1") == tomorrow


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
    changed = await store.devices.hold_first_contacts([ChatsHeld(device, 5, told * 3600.0)], 86400.0)
    assert changed == (set() if ago < 0 else {device})
    held = await connection.fetchval("SELECT first_contacts_hold FROM device")
    assert held.total_seconds() == hours * 3600
    # An older epoch says nothing.
    await connection.execute("UPDATE device SET first_contacts_held_until = NULL")
    assert await store.devices.hold_first_contacts([ChatsHeld(device, 4, 0.0)], 86400.0) == set()
