"""ResolveMessage: an operator's word on a message that may have gone."""

import asyncio
import os
import signal
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest

from gateway.auth.scopes import SCOPES
from kompang.v1 import leads_pb2
from kompang.v1 import messages_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway, running
from tests.support import rows
from tests.support.blocking import is_waited_for
from tests.support.database import Database
from tests.support.eventually import eventually

Request = pb.ResolveMessageRequest
SENT, RESEND, GIVE_UP = Request.RESOLUTION_SENT, Request.RESOLUTION_RESEND, Request.RESOLUTION_GIVE_UP
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


async def unknown(gateway: Gateway, *, steps: int = 2, in_flight: bool = False) -> list[int]:
    """A lead of acme's in a chain whose first message is unknown; the messages."""
    async with gateway.database.connection() as connection:
        devices = await rows.devices(connection, 1, 1)
        plan = await rows.sequence(connection, 1, steps)
        leads = await rows.leads(connection, 1, devices, 1)
        messages = await rows.enrolled(connection, 1, plan, leads, apart_s=3600)
        await connection.execute(
            "UPDATE message SET state = 'unknown', reason = 'no_answer', attempts = 1, handed_at = now()"
            " WHERE id = $1",
            messages[0],
        )
        await connection.execute("UPDATE device_pace SET cursor_at = now() + interval '1 day'")
        if in_flight:
            await connection.execute(
                "UPDATE device_pace SET in_flight_id = id, in_flight_at = scheduled_at,"
                " is_first_contact = true FROM message"
                " WHERE state = 'unknown'"
            )
    return messages


def word(message_id: int, resolution: Request.Resolution, request_id: str = "") -> Request:
    return Request(name=f"messages/{message_id}", resolution=resolution, request_id=request_id)


async def resolve(client: Client, *args: Any) -> pb.Message:
    resolved: pb.Message = await client.call(client.messages.ResolveMessage, word(*args))
    return resolved


async def facts(gateway: Gateway, statement: str, *args: object) -> list[tuple[Any, ...]]:
    async with gateway.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, *args)]


async def state_of(gateway: Gateway, message_id: int) -> str:
    [(state,)] = await facts(gateway, "SELECT state::text FROM message WHERE id = $1", message_id)
    return str(state)


@pytest.mark.parametrize("in_flight", [False, True])
@pytest.mark.parametrize(
    ("resolution", "state", "reason"),
    [(SENT, "sent", "resolved"), (RESEND, "pending", "resend"), (GIVE_UP, "failed", "gave_up")],
)
async def test_a_resolution_settles_an_unknown_message(
    acme: Client, gateway: Gateway, resolution: Request.Resolution, state: str, reason: str, in_flight: bool
) -> None:
    [first, _] = await unknown(gateway, in_flight=in_flight)
    [before] = await facts(gateway, "SELECT wire_id(cluster.id, $1) FROM cluster", first)
    resolved = await resolve(acme, first, resolution)
    assert (pb.Message.State.Name(resolved.state), resolved.reason) == (f"STATE_{state.upper()}", reason)
    assert (resolved.wire_id, resolved.attempt_count) == (before[0], 1)
    assert not resolved.HasField("send_time")
    get = pb.GetMessageRequest(name=resolved.name)
    assert await acme.call(acme.messages.GetMessage, get) == resolved
    assert await facts(gateway, "SELECT state, reason FROM event") == [(state, reason)]
    audit = await facts(gateway, "SELECT method, resource FROM audit")
    assert audit == [("kompang.v1.MessagesService/ResolveMessage", resolved.name)]
    found_again = "SELECT cursor_at <= scheduled_at FROM device_pace, message WHERE position = 1"
    assert await facts(gateway, found_again) == [(state == "pending",)]
    flight = (
        "SELECT in_flight_id, in_flight_at, last_sent_at IS NOT NULL, first_contact_count FROM device_pace"
    )
    # It has begun a chat, or may have. One that is sent again counts then.
    begun = in_flight and state != "pending"
    assert await facts(gateway, flight) == [(None, None, in_flight, begun)]
    assert await facts(gateway, "SELECT device_id FROM chat") == [(1,)] * (state == "sent")


async def test_another_message_in_flight_stays_there(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [first, second] = await unknown(gateway)
    await owner.execute("UPDATE device_pace SET in_flight_id = $1, in_flight_at = now()", second)
    await resolve(acme, first, GIVE_UP)
    assert await facts(gateway, "SELECT in_flight_id, last_sent_at FROM device_pace") == [(second, None)]


@pytest.mark.parametrize(
    ("resolution", "state"), [(SENT, "finished"), (GIVE_UP, "finished"), (RESEND, "active")]
)
async def test_the_last_step_ends_its_enrollment(
    acme: Client, gateway: Gateway, resolution: Request.Resolution, state: str
) -> None:
    [only] = await unknown(gateway, steps=1)
    await resolve(acme, only, resolution)
    assert await facts(gateway, "SELECT state, ended_at IS NOT NULL FROM enrollment") == [
        (state, state == "finished")
    ]


async def test_a_request_counts_once_also_at_the_same_moment(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [first, _] = await unknown(gateway)
    request_id = str(uuid4())
    answers = await asyncio.gather(*(resolve(acme, first, RESEND, request_id) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    await owner.execute("UPDATE message SET state = 'sent' WHERE id = $1", first)
    assert await resolve(acme, first, RESEND, request_id) == answers[0]
    assert await facts(gateway, "SELECT count(*) FROM event") == [(1,)]
    assert await facts(gateway, "SELECT count(*) FROM audit") == [(1,)]


async def test_of_concurrent_resolutions_one_counts(acme: Client, gateway: Gateway) -> None:
    [first, _] = await unknown(gateway)
    answers = await asyncio.gather(
        *(resolve(acme, first, resolution) for resolution in (SENT, RESEND, GIVE_UP)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert [error.code() for error in refused] == [PRECONDITION] * 2
    assert await facts(gateway, "SELECT count(*) FROM event") == [(1,)]


@pytest.mark.parametrize(
    "state",
    ["pending", "handed", "sent", "delivered", "read", "failed", "cancelled", "suppressed", "expired"],
)
async def test_what_is_not_unknown_has_nothing_to_resolve(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection, state: str
) -> None:
    [first, _] = await unknown(gateway)
    await owner.execute("UPDATE message SET state = $1::text::message_state WHERE id = $2", state, first)
    # Also where it could not be sent again: what is said is what is the case.
    await owner.execute(
        "INSERT INTO suppression (account_id, phone_hash) SELECT account_id, phone_hash FROM lead"
    )
    for resolution in (SENT, RESEND, GIVE_UP):
        refused = await acme.refused(acme.messages.ResolveMessage, word(first, resolution))
        assert (refused.code, refused.reason) == (PRECONDITION, "MESSAGE_NOT_UNKNOWN")
        assert refused.metadata["state"] == state
    assert await state_of(gateway, first) == state


OVERTAKEN = "UPDATE message SET state = 'sent', attempts = 1 WHERE position = 2"
FINISHED = """UPDATE message SET state = 'sent', attempts = 1 WHERE position = 2;
    UPDATE enrollment SET state = 'finished'"""
STOPPED = "UPDATE enrollment SET state = 'stopped'"
CANCELLED = """WITH made AS (INSERT INTO campaign (account_id, state) VALUES (1, 'cancelled') RETURNING id)
    UPDATE message SET campaign_id = made.id FROM made"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (OVERTAKEN, "LATER_STEP_HANDED"),
        (FINISHED, "LATER_STEP_HANDED"),
        (STOPPED, "MESSAGE_STOPPED"),
        (CANCELLED, "MESSAGE_STOPPED"),
    ],
    ids=["overtaken", "finished", "stopped", "cancelled"],
)
async def test_what_must_not_go_is_not_sent_again(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection, change: str, reason: str
) -> None:
    [first, _] = await unknown(gateway)
    await owner.execute(change)
    refused = await acme.refused(acme.messages.ResolveMessage, word(first, RESEND))
    assert (refused.code, refused.reason) == (PRECONDITION, reason)
    assert "RESOLUTION_GIVE_UP" in refused.message
    assert (await resolve(acme, first, GIVE_UP)).state == pb.Message.STATE_FAILED


async def test_a_suppressed_lead_gets_nothing_again(acme: Client, gateway: Gateway) -> None:
    [first, _] = await unknown(gateway, in_flight=True)
    [(lead,)] = await facts(gateway, "SELECT id FROM lead")
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=f"leads/{lead}"))
    refused = await acme.refused(acme.messages.ResolveMessage, word(first, RESEND))
    assert (refused.code, refused.reason) == (PRECONDITION, "LEAD_SUPPRESSED")
    assert "RESOLUTION_SENT or RESOLUTION_GIVE_UP" in refused.message
    assert await facts(gateway, "SELECT in_flight_id FROM device_pace") == [(first,)]
    assert (await resolve(acme, first, SENT)).state == pb.Message.STATE_SENT


async def test_a_hand_under_way_comes_first(acme: Client, gateway: Gateway) -> None:
    [first, second] = await unknown(gateway)
    async with gateway.database.connection() as hand:
        async with hand.transaction():
            await hand.execute("UPDATE device_pace SET in_flight_id = $1, in_flight_at = now()", second)
            waiting = asyncio.create_task(acme.refused(acme.messages.ResolveMessage, word(first, RESEND)))
            await eventually(lambda: is_waited_for(hand))
            await hand.execute("UPDATE message SET state = 'handed', attempts = 1 WHERE id = $1", second)
        assert (await waiting).reason == "LATER_STEP_HANDED"


async def test_an_answer_of_the_network_at_the_same_moment_wins(acme: Client, gateway: Gateway) -> None:
    await _crossed(acme, gateway)


async def test_an_answer_of_the_network_wins_also_over_a_deadlock(
    database: Database, consul_address: str
) -> None:
    # Whoever waits so long looks for a deadlock, and is stopped when there is one: here the gateway, which
    # waits first, and looks when the other waits too.
    async with database.connection() as owner:
        await owner.execute(f"ALTER DATABASE \"{database.name}\" SET deadlock_timeout = '4s'")
    async with running(database, consul_address) as gateway:
        # The pace second, while the gateway has the pace and wants the message.
        await _crossed(
            await gateway.client("acme"),
            gateway,
            "UPDATE device_pace SET in_flight_id = NULL, last_sent_at = now()",
        )


async def test_who_lost_a_deadlock_lets_the_other_go_first(database: Database, consul_address: str) -> None:
    # A busy machine wakes whoever waits for a lock some time after the lock is free. Who comes again at once
    # takes it a second time, and there is the same deadlock again, until the tries are used up.
    async with database.connection() as owner:
        await owner.execute(f"ALTER DATABASE \"{database.name}\" SET deadlock_timeout = '300ms'")
    async with running(database, consul_address) as gateway, database.connection() as outcome:
        acme = await gateway.client("acme")
        [first, _] = await unknown(gateway)
        async with outcome.transaction():
            await outcome.execute("SET LOCAL deadlock_timeout = '60s'")
            await outcome.execute("UPDATE message SET state = 'sent', sent_at = now() WHERE id = $1", first)
            resolution = asyncio.create_task(acme.refused(acme.messages.ResolveMessage, word(first, GIVE_UP)))
            await eventually(lambda: is_waited_for(outcome))
            pace = asyncio.create_task(outcome.execute("UPDATE device_pace SET last_sent_at = now()"))
            async with database.connection() as observer:
                while not pace.done():
                    await _woken_late(outcome.get_server_pid(), observer)
            await pace
        assert (await resolution).reason == "MESSAGE_NOT_UNKNOWN"


async def _woken_late(session: int, observer: asyncpg.Connection) -> None:
    """Stops a session that waits for a lock until the lock has been free for a moment."""

    async def waits() -> bool:
        return bool(await observer.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", session))

    async def is_free() -> bool:
        return not await waits()

    if not await waits():
        return
    os.kill(session, signal.SIGSTOP)
    try:
        await eventually(is_free, every_s=0.001)
        await asyncio.sleep(0.005)  # the wait of the machine itself, not for an event
    finally:
        os.kill(session, signal.SIGCONT)


async def _crossed(acme: Client, gateway: Gateway, then: str = "") -> None:
    """An outcome and a resolution of one message; the outcome holds the message when the other asks."""
    [first, _] = await unknown(gateway)
    async with gateway.database.connection() as outcome:
        async with outcome.transaction():
            await outcome.execute("SET LOCAL deadlock_timeout = '60s'")
            await outcome.execute("UPDATE message SET state = 'sent', sent_at = now() WHERE id = $1", first)
            waiting = asyncio.create_task(acme.refused(acme.messages.ResolveMessage, word(first, GIVE_UP)))
            await eventually(lambda: is_waited_for(outcome))
            await outcome.execute(then or "SELECT 1")
        assert (await waiting).reason == "MESSAGE_NOT_UNKNOWN"
    assert await state_of(gateway, first) == "sent"
    assert await facts(gateway, "SELECT count(*) FROM event") == [(0,)]


async def test_a_resolution_needs_the_account_and_the_scope(
    acme: Client, other: Client, gateway: Gateway
) -> None:
    [first, _] = await unknown(gateway)
    for name in (f"messages/{first}", "messages/999999"):
        request = Request(name=name, resolution=SENT)
        asks = other if name.endswith(str(first)) else acme
        refused = await asks.refused(asks.messages.ResolveMessage, request)
        assert (refused.code, refused.metadata["resource"]) == (grpc.StatusCode.NOT_FOUND, name)
    reader = await gateway.client("reader", tuple(scope for scope in SCOPES if scope != "messages.write"))
    refused = await reader.refused(reader.messages.ResolveMessage, word(first, SENT))
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED
    assert await state_of(gateway, first) == "unknown"


async def test_a_bad_resolution_is_refused_with_all_its_violations(acme: Client) -> None:
    refused = await acme.refused(acme.messages.ResolveMessage, Request(name="x", request_id="7"))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(refused.violations) == {"name", "resolution", "request_id"}
    odd = Request(name="messages/1", resolution=99)  # type: ignore[arg-type]
    assert set((await acme.refused(acme.messages.ResolveMessage, odd)).violations) == {"resolution"}
