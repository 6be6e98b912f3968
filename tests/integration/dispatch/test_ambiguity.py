"""A send without an answer: what the policy, an operator, and a late answer make of it."""

import pytest

from gateway.messages.model import Resolution, Verdict
from gateway.messages.store import MessageStore
from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support.eventually import eventually

AMBIGUOUS = pb.Outcome.RESULT_AMBIGUOUS
RESEND = Resolution(MessageState.PENDING, MessageReason.RESEND)
GIVE_UP = Resolution(MessageState.FAILED, MessageReason.GAVE_UP)


async def resolve(database, message_id: int, resolution: Resolution) -> None:
    """As ResolveMessage does."""
    settings = PostgresSettings(postgres_dsn=database.dsn("gateway"))
    async with Postgres(settings, application="test") as postgres, postgres.transaction() as connection:
        account = await connection.fetchval("SELECT account_id FROM message WHERE id = $1", message_id)
        verdict = await MessageStore(postgres).resolve(connection, account, message_id, resolution)
        assert verdict is Verdict.RESOLVED


async def unanswered(connection, host, devices, policy: str, *, ready: bool = True):
    """The first message, handed and not answered."""
    await connection.execute("UPDATE sequence SET on_unknown = $1", policy)
    await host.claim(ALL, 1)
    await host.ready(devices)
    [message] = await host.messages(1)
    await host.report([message], AMBIGUOUS, ready=ready)
    return message


async def test_by_default_it_waits_for_a_word(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, transport="neonize")
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold")
            [other] = await host.messages(1)
            assert other.message_id != message.message_id
            await host.report([other])
        assert await states(connection) == {"sent": 1, "unknown": 1}


async def test_the_policy_may_send_it_again_under_the_same_id(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "resend")
            [again] = await host.messages(1)
            # No repeat, which this transport would have to refuse: an attempt like the first.
            assert (again.wire_id, again.repeat) == (message.wire_id, False)
            await host.report([again])
        assert await states(connection) == {"sent": 1}


async def test_the_policy_does_not_send_for_ever(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with replica(database, repeats=2) as address, attached(address) as host:
            await unanswered(connection, host, devices, "resend")
            [again] = await host.messages(1)
            await host.report([again], AMBIGUOUS)
        row = await connection.fetchrow("SELECT state::text, reason, attempts FROM message")
        assert tuple(row) == ("unknown", "no_answer", 2)


async def test_the_policy_sends_nothing_to_who_said_stop(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        await connection.execute("UPDATE sequence SET on_unknown = 'resend'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await connection.execute(
                "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead"
            )
            await host.report([message], AMBIGUOUS)
        assert await states(connection) == {"unknown": 1}


async def test_the_policy_may_give_it_up(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            await unanswered(connection, host, devices, "give_up")
        row = await connection.fetchrow("SELECT state::text, reason FROM message")
        assert tuple(row) == ("failed", "gave_up")
        event = await connection.fetchrow("SELECT state, reason FROM event")
        assert tuple(event) == ("failed", "gave_up")
        assert await connection.fetchval("SELECT state FROM enrollment") == "finished"


async def test_where_a_send_can_be_repeated_the_policy_is_not_asked(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "give_up")
            [again] = await host.messages(1)
            assert (again.wire_id, again.repeat) == (message.wire_id, True)
            await host.report([again])
        assert await states(connection) == {"sent": 1}


@pytest.mark.parametrize("outcome", [pb.Outcome.RESULT_NOT_SENT, pb.Outcome.RESULT_REFUSED])
async def test_a_repeat_that_did_not_go_leaves_the_doubt(database, dispatch, outcome):
    """Also where the slot it was handed for is gone: told after the shard was granted anew."""
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold")
            [repeat] = await host.messages(1)
            await host.claim(ALL, 1)
            await host.report([repeat], outcome)
            await host.ready(devices)
            [again] = await host.messages(1)
            assert (again.message_id, again.repeat) == (message.message_id, True)
            await host.report([again])
            [other] = await host.messages(1)
            assert other.message_id != message.message_id
            await host.report([other])
        assert await states(connection) == {"sent": 2}


async def test_a_repeat_that_was_never_received_is_a_repeat_still(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold")
            assert [repeat.repeat for repeat in await host.messages(1)] == [True]
            await host.ready(devices)
            [again] = await host.messages(1)
            assert (again.message_id, again.repeat) == (message.message_id, True)


async def test_a_successor_sends_again_what_its_policy_allows(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        await connection.execute("UPDATE sequence SET on_unknown = 'resend'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
        async with attached(dispatch) as successor:

            async def granted():
                leases = await successor.claim(ALL, 2)
                return {lease.status for lease in leases} == {pb.Lease.STATUS_GRANTED}

            await eventually(granted, every_s=0.2)
            await successor.ready(devices)
            [again] = await successor.messages(1)
            assert (again.wire_id, again.repeat) == (first.wire_id, False)
            await successor.report([again])
        assert await states(connection) == {"sent": 1}


async def test_what_this_replica_handed_last_is_found_again(database, dispatch):
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=1, leads=1, steps=2, transport="neonize")
        await connection.execute("UPDATE sequence SET on_unknown = 'resend'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
            # Buried by another replica while this one still serves the device.
            await connection.execute("UPDATE message SET state = 'unknown' WHERE state = 'handed'")
            await host.ready(devices)
            [again] = await host.messages(1)
            assert again.message_id == first.message_id == messages[0]
            await host.report([again])


async def test_an_operator_has_it_sent_again(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold")
            # As far as cursors go in a day.
            await connection.execute("UPDATE device_pace SET cursor_at = now()")
            await resolve(database, message.message_id, RESEND)
            [again] = await host.messages(1)
            assert (again.message_id, again.wire_id) == (message.message_id, message.wire_id)
            await host.report([again])
        assert await states(connection) == {"sent": 1}


@pytest.mark.parametrize(("resolution", "handed"), [(RESEND, "the same"), (GIVE_UP, "the other")])
async def test_an_operator_ends_a_flight_and_the_device_goes_on(database, dispatch, resolution, handed):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold", ready=False)
            assert await connection.fetchval("SELECT in_flight_id FROM device_pace") == message.message_id
            await resolve(database, message.message_id, resolution)
            assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is None
            await host.ready(devices)
            [after] = await host.messages(1)
            assert (after.message_id == message.message_id) == (handed == "the same")
            assert not after.repeat
            await host.report([after])


@pytest.mark.parametrize("policy", ["resend", "give_up", "hold"])
async def test_a_late_answer_ends_it_whatever_the_policy_made_of_it(database, dispatch, policy):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, transport="neonize")
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, policy, ready=False)
            expected = {"resend": "pending", "give_up": "failed", "hold": "unknown"}[policy]
            state = "SELECT state::text FROM message WHERE id = $1"
            assert await connection.fetchval(state, message.message_id) == expected
            await host.report([message], ready=False)
            assert await connection.fetchval(state, message.message_id) == "sent"
            await host.ready(devices)
            [other] = await host.messages(1)
            assert other.message_id != message.message_id
            await host.report([other])
        assert await states(connection) == {"sent": 2}
        attempts = await connection.fetchval("SELECT attempts FROM message WHERE id = $1", message.message_id)
        assert attempts == 1


@pytest.mark.parametrize("end", ["cancelled", "suppressed", "expired", "failed"])
async def test_a_late_answer_is_believed_after_any_end(database, dispatch, end):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            message = await unanswered(connection, host, devices, "hold", ready=False)
            await connection.execute(
                "UPDATE message SET state = $1::text::message_state, epoch = 9, attempts = 2", end
            )
            await host.report([message], ready=False)
            await host.report([message], ready=False)
        assert await states(connection) == {"sent": 1}
        assert await connection.fetchval("SELECT sent_count FROM device_pace") == 1


async def test_an_answer_of_a_message_never_handed_is_not_believed(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            other = await connection.fetchrow("SELECT id, scheduled_at FROM message WHERE state = 'pending'")
            claimed = pb.OutgoingMessage()
            claimed.CopyFrom(message)
            claimed.message_id = other["id"]
            claimed.scheduled_at_us = int(other["scheduled_at"].timestamp() * 1_000_000)
            await host.report([claimed], ready=False)
        assert await states(connection) == {"handed": 1, "pending": 1}
