"""The simulated transport against a network in the same process."""

import asyncio
import hashlib
from collections.abc import Awaitable
from typing import Any

import pytest

from kompang.simulation.v1 import behavior_pb2, network_pb2
from shardhost.transports.simulated import SimulatedTransport, TransportTimeouts
from shardhost.transports.transport import (
    Accepted,
    BanReason,
    Failure,
    NotSent,
    OpenRefused,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
    SessionKey,
    Transport,
    TransportKind,
)
from tests.integration.network.conftest import TIMEOUTS, Events, Face, text, unheard
from tests.support.slowness import patient

SHORT_TIMEOUTS = TransportTimeouts(open=1.0, send=0.3, first_pause=0.01, longest_pause=0.1)


def conduct(**fields: Any) -> behavior_pb2.Behavior:
    return behavior_pb2.Behavior(conduct=behavior_pb2.Conduct(**fields))


def refusing(failure: behavior_pb2.Failure | str, hold_ms: int = 0) -> behavior_pb2.Behavior:
    return conduct(refusals=[behavior_pb2.Chance(failure=failure, probability=1, hold_ms=hold_ms)])


def slow(ms: float) -> behavior_pb2.Latency:
    return behavior_pb2.Latency(fixed=behavior_pb2.FixedLatency(ms=ms))


def test_the_simulated_transport_is_a_transport_that_can_repeat() -> None:
    transport: Transport = SimulatedTransport("127.0.0.1:1", "host-a")
    assert transport.kind is TransportKind.REPEATABLE


async def test_an_accepted_send_is_in_the_ledger(network: Face) -> None:
    session, _ = await network.hosts.session("host-a", "60111")
    accepted = await session.send(text("w"))
    (entry,) = network.entries()
    assert accepted.age < 1
    assert not accepted.repeated
    assert (entry.device, entry.host, entry.epoch, entry.connection) == ("60111", "host-a", 7, 1)
    assert (entry.recipient, entry.wire_id, entry.repeat) == ("60999", "w", False)
    assert entry.text_hash == hashlib.sha256(b"Hello w").digest()[:8].hex()


async def test_a_repeat_is_acknowledged_and_not_delivered_again(network: Face) -> None:
    session, _ = await network.hosts.session()
    await session.send(text("w"))
    assert (await session.send(text("w"))).repeated
    assert [entry.repeat for entry in network.entries()] == [False, True]
    stats = await network.stats()
    assert (stats.accepted_count, stats.repeated_count) == (1, 1)


async def test_the_age_is_counted_from_the_acceptance(network: Face) -> None:
    await network.behave(conduct(ack_latency=slow(80)))
    session, _ = await network.hosts.session()
    assert 0.08 <= (await session.send(text("w"))).age < 2


async def test_a_lost_acknowledgement_is_ambiguous_and_the_repeat_is_acknowledged(network: Face) -> None:
    await network.behave(conduct(lost_ack=1))
    session, _ = await network.hosts.session(timeouts=SHORT_TIMEOUTS)
    with pytest.raises(SendAmbiguous):
        await session.send(text("w"))
    await network.behave(conduct())
    again, _ = await network.hosts.session("host-b")
    assert (await again.send(text("w"))).repeated
    assert [entry.repeat for entry in network.entries()] == [False, True]


async def test_a_lost_send_is_ambiguous_and_the_repeat_is_the_first_delivery(network: Face) -> None:
    await network.behave(conduct(lost_send=1))
    session, _ = await network.hosts.session(timeouts=SHORT_TIMEOUTS)
    with pytest.raises(SendAmbiguous):
        await session.send(text("w"))
    await network.behave(conduct())
    again, _ = await network.hosts.session("host-b")
    assert not (await again.send(text("w"))).repeated


async def test_the_newest_connection_wins(network: Face) -> None:
    old, told = await network.hosts.session("host-a")
    new, _ = await network.hosts.session("host-b")
    assert await told.next() == SessionEvent(SessionEnd.REPLACED)
    with pytest.raises(SendRefused) as refused:
        await old.send(text("late"))
    assert refused.value.failure is Failure.REPLACED
    await new.send(text("now"))
    assert [(entry.host, entry.wire_id) for entry in network.entries()] == [("host-b", "now")]


async def test_a_send_under_way_is_ambiguous_when_the_device_is_taken_over(network: Face) -> None:
    await network.behave(conduct(accept_latency=slow(60_000)))
    old, told = await network.hosts.session("host-a")
    async with asyncio.TaskGroup() as group:
        pending = group.create_task(_outcome(old.send(text("w"))))
        await _until_received(network, 1)
        await network.hosts.session("host-b")
        assert isinstance(await pending, SendAmbiguous)
    assert (await told.next()).end is SessionEnd.REPLACED


async def test_a_dropped_stream_ends_its_sessions_and_the_next_open_makes_another(network: Face) -> None:
    await network.behave(conduct(lost_ack=1))
    transport = await network.hosts.start("host-a")
    events = [Events() for _ in range(20)]
    sessions = [
        await transport.open(SessionKey(n, f"6011{n}", 7), told, unheard, unheard)
        for n, told in enumerate(events)
    ]
    async with asyncio.TaskGroup() as group:
        pending = group.create_task(_outcome(sessions[0].send(text("w"))))
        await _until_received(network, 1)
        dropped = await network.disrupt(network_pb2.DISRUPTION_DROP_HOST, phone="", host_id="host-a")
        assert dropped == 20
        assert isinstance(await pending, SendAmbiguous)
    assert {(await told.next()).end for told in events} == {SessionEnd.DISCONNECTED}
    with pytest.raises(NotSent):
        await sessions[0].send(text("x"))
    await network.behave(conduct())
    again = await transport.open(SessionKey(0, "60110", 8), Events(), unheard, unheard)
    assert (await again.send(text("w"))).repeated


@pytest.mark.parametrize(
    ("disruption", "end", "failure"),
    [
        (network_pb2.DISRUPTION_BAN, SessionEnd.BANNED, Failure.BANNED),
        (network_pb2.DISRUPTION_LOG_OUT, SessionEnd.LOGGED_OUT, Failure.LOGGED_OUT),
        (network_pb2.DISRUPTION_OUTDATE_CLIENT, SessionEnd.CLIENT_OUTDATED, Failure.CLIENT_OUTDATED),
        (network_pb2.DISRUPTION_UNPAIR, SessionEnd.NOT_PAIRED, Failure.NOT_PAIRED),
        (network_pb2.DISRUPTION_LOCK, SessionEnd.LOCKED, Failure.LOCKED),
    ],
)
async def test_a_closed_out_device_stays_out_until_restored(
    network: Face, disruption: network_pb2.Disruption, end: SessionEnd, failure: Failure
) -> None:
    session, told = await network.hosts.session()
    assert await network.disrupt(disruption) == 1
    assert await told.next() == SessionEvent(end)
    with pytest.raises(SendRefused) as refused:
        await session.send(text("w"))
    assert refused.value.failure is failure
    with pytest.raises(OpenRefused) as closed:
        await network.hosts.session("host-b")
    assert closed.value.failure is failure
    await network.disrupt(network_pb2.DISRUPTION_RESTORE)
    again, _ = await network.hosts.session("host-b")
    assert await again.send(text("w"))


async def test_a_temporary_ban_tells_its_hold_and_what_it_is_for_everywhere(network: Face) -> None:
    script = refusing(behavior_pb2.FAILURE_TEMPORARY_BAN, 60_000)
    script.conduct.refusals[0].ban_reason = behavior_pb2.BAN_REASON_BLOCKED_BY_USERS
    why = BanReason.BLOCKED_BY_USERS
    await network.behave(script)
    session, told = await network.hosts.session()
    with pytest.raises(SendRefused) as refused:
        await session.send(text("w"))
    assert (refused.value.failure, refused.value.hold) == (Failure.TEMPORARY_BAN, 60.0)
    assert await told.next() == SessionEvent(SessionEnd.TEMPORARY_BAN, 60.0, why)
    with pytest.raises(SendRefused) as later:
        await session.send(text("x"))
    with pytest.raises(OpenRefused) as closed:
        await network.hosts.session("host-b")
    assert {each.value.reason for each in (refused, later, closed)} == {why}
    assert closed.value.hold is not None
    assert 50 < closed.value.hold <= 60


@pytest.mark.parametrize("by_send", [True, False])
async def test_a_session_that_tells_nothing_any_more_is_over_and_the_device_is_not_closed_out(
    network: Face, by_send: bool
) -> None:
    session, told = await network.hosts.session()
    if by_send:
        await network.behave(refusing(behavior_pb2.FAILURE_PUMP_LOST))
        with pytest.raises(SendRefused) as refused:
            await session.send(text("w"))
        assert refused.value.failure is Failure.PUMP_LOST
        await network.behave(behavior_pb2.Behavior())
    else:
        assert await network.disrupt(network_pb2.DISRUPTION_LOSE_PUMP) == 1
    assert await told.next() == SessionEvent(SessionEnd.PUMP_LOST)
    with pytest.raises(NotSent):
        await session.send(text("x"))
    again, _ = await network.hosts.session()
    assert await again.send(text("w"))


@pytest.mark.parametrize(
    "failure",
    [Failure.CLIENT_OUTDATED, Failure.NOT_PAIRED, Failure.LOCKED, Failure.BANNED, Failure.TEMPORARY_BAN],
)
async def test_sessions_are_refused_while_that_is_the_behavior(network: Face, failure: Failure) -> None:
    stands, _ = await network.hosts.session(phone="60222")
    refusal = behavior_pb2.OpenRefusal(failure=f"FAILURE_{failure.name}", ban_reason="BAN_REASON_OTHER")
    await network.behave(conduct(open_refusal=refusal))
    with pytest.raises(OpenRefused) as refused:
        await network.hosts.session()
    assert (refused.value.failure, refused.value.reason) == (failure, BanReason.OTHER)
    assert await stands.send(text("w"))
    await network.behave(behavior_pb2.Behavior())
    opened, _ = await network.hosts.session()
    assert opened.jid == "60111:1@s.whatsapp.net"


async def test_a_disconnected_device_may_connect_again(network: Face) -> None:
    session, told = await network.hosts.session()
    assert await network.disrupt(network_pb2.DISRUPTION_DISCONNECT) == 1
    assert await told.next() == SessionEvent(SessionEnd.DISCONNECTED)
    with pytest.raises(NotSent):
        await session.send(text("w"))
    again, _ = await network.hosts.session()
    assert await again.send(text("w"))


async def test_refusals_name_their_class(network: Face) -> None:
    session, _ = await network.hosts.session()
    for failure in (Failure.TRANSIENT, Failure.REACH_OUT_LIMIT, Failure.INVALID_MESSAGE):
        await network.behave(refusing(f"FAILURE_{failure.name}"))
        with pytest.raises(SendRefused) as refused:
            await session.send(text("w"))
        assert (refused.value.failure, refused.value.hold) == (failure, None)
    await network.behave(refusing(behavior_pb2.FAILURE_RATE_LIMITED, 1500))
    with pytest.raises(SendRefused) as limited:
        await session.send(text("w"))
    assert (limited.value.failure, limited.value.hold) == (Failure.RATE_LIMITED, 1.5)
    assert network.entries() == []


async def test_a_recipient_may_be_absent(network: Face) -> None:
    await network.behave(behavior_pb2.Behavior(absent_recipients=["60999"]))
    session, _ = await network.hosts.session()
    with pytest.raises(SendRefused) as refused:
        await session.send(text("w", recipient="60999"))
    assert refused.value.failure is Failure.NOT_ON_WHATSAPP
    assert await session.send(text("x", recipient="60998"))


async def test_a_device_may_begin_so_many_chats(network: Face) -> None:
    limit = behavior_pb2.NewChats(most=1, window_ms=60_000, hold_ms=30_000)
    await network.behave(conduct(new_chats=limit))
    session, _ = await network.hosts.session()
    assert await session.send(text("w", recipient="60999"))
    with pytest.raises(SendRefused) as refused:
        await session.send(text("x", recipient="60998"))
    assert refused.value.failure is Failure.REACH_OUT_LIMIT
    assert refused.value.hold == pytest.approx(30, abs=1)
    assert await session.send(text("y", recipient="60999"))
    assert await session.send(text("w", recipient="60999"))


async def test_a_slow_open_passes_its_deadline_and_leaves_no_session(network: Face) -> None:
    await network.behave(conduct(open_latency=slow(60_000)))
    transport = await network.hosts.start("host-a", SHORT_TIMEOUTS)
    with pytest.raises(OpenRefused) as refused:
        await transport.open(SessionKey(1, "60111", 7), Events(), unheard, unheard)
    assert refused.value.failure is Failure.TRANSIENT
    await network.behave(conduct())
    session = await transport.open(SessionKey(1, "60111", 7), Events(), unheard, unheard)
    assert await session.send(text("w"))


async def test_an_absent_network_refuses_at_once() -> None:
    transport = SimulatedTransport("127.0.0.1:1", "host-a", TIMEOUTS)
    run = asyncio.create_task(transport.run())
    with pytest.raises(OpenRefused):
        await transport.open(SessionKey(1, "60111", 7), Events(), unheard, unheard)
    await transport.close()
    async with asyncio.timeout(patient(5)):
        await run


async def test_close_ends_sessions_without_an_event(network: Face) -> None:
    await network.behave(conduct(lost_ack=1))
    transport = await network.hosts.start("host-a")
    told = Events()
    session = await transport.open(SessionKey(1, "60111", 7), told, unheard, unheard)
    async with asyncio.TaskGroup() as group:
        pending = group.create_task(_outcome(session.send(text("w"))))
        await _until_received(network, 1)
        await session.close()
        assert isinstance(await pending, SendAmbiguous)
    with pytest.raises(NotSent):
        await session.send(text("x"))
    await transport.close()
    with pytest.raises(OpenRefused):
        await transport.open(SessionKey(1, "60111", 7), told, unheard, unheard)
    assert told.queue.empty()


async def test_thousands_of_sessions_share_one_stream(network: Face) -> None:
    transport = await network.hosts.start("host-a")
    keys = [SessionKey(n, f"601{n:05}", 7) for n in range(3000)]
    async with asyncio.timeout(patient(30)):
        sessions = await asyncio.gather(*(transport.open(key, Events(), unheard, unheard) for key in keys))
        await asyncio.gather(*(session.send(text(f"w{n}")) for n, session in enumerate(sessions)))
    assert (await network.stats()).session_counts == {"host-a": 3000}
    assert {(entry.device, entry.wire_id) for entry in network.entries()} == {
        (key.phone, f"w{key.device_id}") for key in keys
    }


async def _outcome(sending: Awaitable[Accepted]) -> Accepted | Exception:
    try:
        return await sending
    except (SendAmbiguous, SendRefused, NotSent) as error:
        return error


async def _until_received(network: Face, count: int) -> None:
    async with asyncio.timeout(patient(5)):
        while (await network.stats()).received_count < count:  # noqa: ASYNC110 - the event is in the network
            await asyncio.sleep(0)
