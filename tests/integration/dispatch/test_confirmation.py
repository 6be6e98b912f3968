"""The confirmation of a stop word: one, to that person, at once, and nothing else."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.devices.roster import Roster
from services.dispatch.hand.store import HandStore
from services.dispatch.inbound.confirmations import Confirmations
from services.dispatch.inbound.store import InboundStore
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_guards import QUIET_NOW, went
from tests.integration.dispatch.test_hand import ALL, states
from tests.integration.dispatch.test_hand import world as sending
from tests.integration.dispatch.test_inbound import FIRST, SECOND
from tests.integration.dispatch.test_verdicts import ask, world
from tests.support import rows
from tests.support.eventually import eventually

__all__ = ["world"]

TEXT = "You will not hear from us again. Reply START if that was a mistake."
CONFIRMATIONS = "SELECT state::text, reason FROM message WHERE is_confirmation ORDER BY id"


async def confirmations(connection) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in await connection.fetch(CONFIRMATIONS)]


async def test_a_stop_word_is_confirmed_once_through_the_device_that_heard_it(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await sending(connection, devices=2, leads=2, steps=3)
        owner = await connection.fetchval("SELECT device_id FROM lead WHERE id = $1", people[0])
        [other] = {*devices} - {owner}
        await connection.execute("UPDATE message SET device_id = $1", owner)
        await rows.wording(connection, footer="Reply STOP to stop")
        await rows.stop_confirmation(connection, TEXT)
        async with attached(dispatch) as host:
            for number, word in enumerate(("STOP", "stop!", "Berhenti", "stop", "STOP")):
                await host.hear(other, FIRST, word, f"in-{number}")
                await host.hear(other, FIRST, word, f"in-{number}")  # received twice
            assert await confirmations(connection) == [("pending", None)]
            await host.claim(ALL, 1)
            await host.ready([other])
            frame = await host.read("messages")
            [message] = frame.messages
            assert (message.recipient, message.device_id) == (FIRST, other)
            [template] = frame.templates
            assert (template.text, template.variation) == (TEXT, "none")
            assert template.HasField("greetings")
            assert not template.greetings.greetings
            # Without the account's footer: the product's own wording has none.
            assert (message.wording_id, list(frame.wordings)) == (0, [])
            await host.report([message], text_hash=b"12345678")
            await host.hear(other, FIRST, "STOP", "in-9")
            # Of all that is due to both, nothing else goes to this one.
            await host.ready([owner])
            for _ in range(3):
                [message] = await host.messages(1)
                assert message.recipient == SECOND
                await host.report([message])
        assert await confirmations(connection) == [("sent", None)]
        assert await states(connection) == {"suppressed": 3, "sent": 4}


async def test_start_undoes_it_and_a_later_stop_is_confirmed_anew(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await sending(connection, devices=1, leads=1)
        await rows.stop_confirmation(connection, TEXT)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "stop", "in-1")
            await host.hear(devices[0], FIRST, "start", "in-2")
            assert await confirmations(connection) == [("cancelled", "start_word")]
            await host.hear(devices[0], FIRST, "stop", "in-3")
            await host.hear(devices[0], FIRST, "thank you", "in-4")
            assert await confirmations(connection) == [("cancelled", "start_word"), ("pending", None)]
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            newest = await connection.fetchval("SELECT max(id) FROM message WHERE is_confirmation")
            assert message.message_id == newest
            # It never left; the person changed her mind meanwhile.
            await host.hear(devices[0], FIRST, "mula", "in-5")
            await host.report([message], pb.Outcome.RESULT_NOT_SENT)

            async def taken_back():
                return (await confirmations(connection))[1] == ("cancelled", "start_word")

            await eventually(taken_back)


async def test_who_is_not_answered(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await sending(connection, devices=1, leads=3)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "stop", "in-1")  # the account wants none
            await rows.stop_confirmation(connection, TEXT)
            await host.hear(devices[0], FIRST, "stop", "in-2")  # was silent already
            await connection.execute(
                "INSERT INTO suppression SELECT account_id, phone_hash, 'complaint' FROM lead"
                " WHERE phone = $1",
                "+" + SECOND,
            )
            await host.hear(devices[0], SECOND, "stop", "in-3")  # an operator said so before
            await host.hear(devices[0], "601299999999", "stop", "in-4")  # is no lead
            assert await confirmations(connection) == []
            await host.hear(devices[0], "601200000003", "stop", "in-5")
        assert await confirmations(connection) == [("pending", None)]


async def test_a_confirmation_does_not_queue_behind_what_is_due(database, dispatch, monkeypatch):
    found = asyncio.Event()
    read = InboundStore.confirmations

    async def watched(self, shards):
        confirmations = await read(self, shards)
        if confirmations:
            # Its scan goes on before whoever waits does.
            asyncio.get_running_loop().call_soon(found.set)
        return confirmations

    monkeypatch.setattr(InboundStore, "confirmations", watched)
    async with database.connection() as connection:
        # More than the due window holds, all of it due before.
        devices, _, _ = await sending(connection, devices=1, leads=60)
        await rows.stop_confirmation(connection, TEXT)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            for _ in range(3):
                await host.report(await host.messages(1))
            [message] = await host.messages(1)
            stopped = await connection.fetchval(
                "SELECT ltrim(phone, '+') FROM lead l JOIN message m ON m.lead_id = l.id"
                " WHERE m.state = 'pending' ORDER BY m.id DESC LIMIT 1"
            )
            await host.hear(devices[0], stopped, "stop")

            # The confirmation is there before the device's next credit, and all the others are older.
            assert await connection.fetchval(OLDER) > 16
            await found.wait()
            await host.report([message])
            [message] = await host.messages(1)
            assert message.recipient == stopped


async def test_a_confirmation_does_not_wait_for_the_gap_of_a_slow_campaign(database, dispatch, monkeypatch):
    paced = asyncio.Event()
    ask_ = HandStore.hand

    async def watched(self, asked, ahead_s):
        verdicts = await ask_(self, asked, ahead_s)
        if any(verdict.verdict == "paced" for verdict in verdicts):
            asyncio.get_running_loop().call_soon(paced.set)
        return verdicts

    monkeypatch.setattr(HandStore, "hand", watched)
    async with database.connection() as connection:
        devices, _, _ = await sending(connection, devices=1, leads=3)
        await rows.stop_confirmation(connection, TEXT)
        await connection.execute(
            "WITH made AS (INSERT INTO campaign (account_id, state, min_delay, max_delay)"
            " SELECT id, 'running', '1 h', '1 h' FROM account RETURNING id)"
            " UPDATE message SET enrollment_id = NULL, campaign_id = made.id FROM made"
        )
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message])
            await paced.wait()
            await host.hear(devices[0], message.recipient, "stop")
            [answer] = await host.messages(1)
            assert answer.recipient == message.recipient


OLDER = """SELECT count(*) FROM message WHERE state = 'pending'
    AND scheduled_at < (SELECT scheduled_at FROM message WHERE is_confirmation)"""

# The second lead's message is an ordinary one to the first lead, who said stop.
CONFIRMATION = (
    """INSERT INTO inbound (device_id, inbound_id, account_id, lead_id, kind, received_at)
        SELECT device_id, 'in-1', account_id, lead_id, 'stop', scheduled_at
        FROM message ORDER BY id LIMIT 1""",
    """INSERT INTO suppression (account_id, phone_hash, reason, created_at)
        SELECT m.account_id, l.phone_hash, 'stop_word', m.scheduled_at
        FROM message m JOIN lead l ON l.id = m.lead_id ORDER BY m.id LIMIT 1""",
    """UPDATE message SET is_confirmation = true, enrollment_id = NULL
        WHERE id = (SELECT min(id) FROM message)""",
    "UPDATE message SET lead_id = (SELECT lead_id FROM message ORDER BY id LIMIT 1)",
)
LATE = """WITH s AS (UPDATE suppression SET created_at = created_at - interval '61 min'),
        i AS (UPDATE inbound SET received_at = received_at - interval '61 min')
    UPDATE message SET scheduled_at = scheduled_at - interval '61 min' WHERE is_confirmation"""


async def answering(connection) -> None:
    for statement in CONFIRMATION:
        await connection.execute(statement)


@pytest.mark.parametrize(
    ("change", "verdict", "state", "reason"),
    [
        ("SELECT", "hand", "handed", None),
        (QUIET_NOW, "hand", "handed", None),
        ("UPDATE suppression SET reason = 'complaint'", "suppressed", "suppressed", "suppressed"),
        ("UPDATE suppression SET created_at = now()", "suppressed", "suppressed", "suppressed"),
        ("DELETE FROM suppression", "cancelled", "cancelled", "start_word"),
        (
            "UPDATE lead SET phone = id::text, phone_hash = phone::bytea, erased_at = now()",
            "cancelled", "cancelled", "stopped",
        ),
        (LATE, "expired", "expired", "late"),
        ("UPDATE device SET state = 'parked'", "parked", "pending", None),
        ("UPDATE device SET state = 'held', held_until = now() + interval '1 h'", "held", "pending", None),
        ("UPDATE device_pace SET last_sent_at = now()", "paced", "pending", None),
        ("UPDATE host SET expires_at = now()", "lapsed", "pending", None),
        (
            """WITH capped AS (UPDATE device SET daily_cap = 3)
            UPDATE device_pace SET sent_on = current_date, sent_count = 3""",
            "capped", "pending", None,
        ),
    ],
)  # fmt: skip
async def test_what_an_answer_obeys(world, change, verdict, state, reason):
    connection, store = world
    await answering(connection)
    await connection.execute(change)
    assert (await ask(connection, store)).verdict == verdict
    assert await confirmations(connection) == [(state, reason)]


async def test_nothing_else_goes_to_the_person_who_is_answered(world):
    connection, store = world
    await answering(connection)
    assert (await ask(connection, store, 1)).verdict == "suppressed"
    # Nor a second answer, should there be one.
    await connection.execute(
        "UPDATE message SET state = 'pending', is_confirmation = true, enrollment_id = NULL,"
        " scheduled_at = scheduled_at - interval '1 s' WHERE NOT is_confirmation"
    )
    assert (await ask(connection, store, 1)).verdict == "suppressed"
    assert (await ask(connection, store, 0)).verdict == "hand"


async def test_caps_of_the_person_and_the_answer_do_not_know_each_other(world):
    connection, store = world
    await answering(connection)
    await connection.execute("UPDATE account SET person_daily_cap = 1")
    await went(connection, 3)
    assert (await ask(connection, store)).verdict == "hand"
    await connection.execute("UPDATE message SET state = 'sent', sent_at = now() WHERE is_confirmation")
    await connection.execute("DELETE FROM message WHERE NOT is_confirmation AND state = 'sent'")
    await connection.execute("DELETE FROM suppression")
    await connection.execute("UPDATE device_pace SET in_flight_id = NULL")
    assert (await ask(connection, store, 1)).verdict == "hand"


@pytest.mark.parametrize(
    ("change", "repeatable", "verdict"),
    [
        ("SELECT", True, "hand"),
        ("SELECT", False, "ambiguous"),
        ("DELETE FROM suppression", True, "ambiguous"),
        ("UPDATE suppression SET reason = 'complaint'", True, "ambiguous"),
        (
            """WITH s AS (UPDATE suppression SET created_at = created_at - interval '61 min'),
                p AS (UPDATE device_pace SET in_flight_at = in_flight_at - interval '61 min')
            UPDATE message SET scheduled_at = scheduled_at - interval '61 min' WHERE is_confirmation""",
            True, "ambiguous",
        ),
    ],
)  # fmt: skip
async def test_a_confirmation_that_may_have_gone(world, change, repeatable, verdict):
    connection, store = world
    await answering(connection)
    first = await ask(connection, store)
    await connection.execute("UPDATE shard_lease SET epoch = 6")
    await connection.execute(change)
    again = await ask(connection, store, repeatable=repeatable)
    assert (again.verdict, again.is_repeat) == (verdict, True)
    if verdict == "hand":
        assert again.wire_id == first.wire_id
    else:
        assert await confirmations(connection) == [("unknown", "host_lost")]


async def test_a_confirmation_that_was_never_received_expires_too(world):
    connection, store = world
    await answering(connection)
    await ask(connection, store)
    await connection.execute("UPDATE device_pace SET in_flight_at = in_flight_at - interval '61 min'")
    await connection.execute(LATE)
    assert (await ask(connection, store)).verdict == "expired"
    assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None


async def test_a_confirmation_that_nobody_could_take_expires(world):
    connection, store = world
    await answering(connection)
    await Confirmations(store.inbound, Roster()).expire()
    assert await confirmations(connection) == [("pending", None)]
    await connection.execute(LATE)
    await Confirmations(store.inbound, Roster()).expire()
    assert await confirmations(connection) == [("expired", "late")]
    assert await states(connection) == {"expired": 1, "pending": 1}
    assert await connection.fetchval("SELECT count(*) FROM event WHERE state = 'expired'") == 1
