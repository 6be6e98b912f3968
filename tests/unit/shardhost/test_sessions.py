"""The session of a device: when it is opened, and when it is not."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import connection
from shardhost.transports.transport import (
    BanReason,
    Failure,
    OpenRefused,
    SendRefused,
    SessionEnd,
    SessionEvent,
)
from tests.support.eventually import eventually
from tests.unit.shardhost.containment.support import until
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, rig

Result = pb.Outcome
Type = pb.DeviceEvent


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (SessionEnd.REPLACED, Type.TYPE_REPLACED),
        (SessionEnd.LOGGED_OUT, Type.TYPE_LOGGED_OUT),
        (SessionEnd.BANNED, Type.TYPE_BANNED),
        (SessionEnd.CLIENT_OUTDATED, Type.TYPE_CLIENT_OUTDATED),
        (SessionEnd.NOT_PAIRED, Type.TYPE_NOT_PAIRED),
        (SessionEnd.LOCKED, Type.TYPE_LOCKED),
    ],
)
async def test_a_session_ended_for_good_stays_closed_until_dispatch_lists_the_device(
    end: SessionEnd, kind: int
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(end))
        assert (await r.event()).type == kind
        r.fleet.serve(1, EPOCH)
        await asyncio.sleep(0.05)
        assert len(r.transport.sessions) == 1
        r.list_devices(1)
        assert await r.ready() == [1]


async def test_a_ban_that_refuses_the_session_is_reported() -> None:
    async with rig(FakeTransport(refusals=[OpenRefused(Failure.TEMPORARY_BAN, 0.05)])) as r:
        r.admit(1)
        event = await r.event()
        assert (event.type, event.hold_s, event.epoch) == (Type.TYPE_TEMPORARY_BAN, 1, EPOCH)
        # When it is over, dispatch says.
        r.list_devices(1)
        assert await r.ready() == [1]


async def test_what_the_network_says_that_a_ban_is_for_is_passed_on() -> None:
    async with rig() as r:
        r.admit(1)
        assert (await r.event()).jid == "6011:1@s.whatsapp.net"
        r.transport.answers.append(SendRefused(Failure.BANNED, reason=BanReason.BLOCKED_BY_USERS))
        r.hand()
        assert (await r.outcome()).ban_reason == pb.BAN_REASON_BLOCKED_BY_USERS
        r.transport.sessions[0].end(SessionEvent(SessionEnd.BANNED, reason=BanReason.OTHER))
        event = await r.event()
        assert (event.type, event.ban_reason) == (Type.TYPE_BANNED, pb.BAN_REASON_OTHER)


async def test_a_device_whose_pump_is_lost_has_another_session_by_itself() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(SessionEnd.PUMP_LOST))
        assert await r.ready() == [1]
        assert len(r.transport.sessions) == 2


async def test_a_session_goes_through_the_proxy_of_the_moment_and_connects_anew_for_another() -> None:
    async with rig() as r:
        r.transport.opens.clear()
        r.admit(1)
        await asyncio.sleep(0)
        # While it is being opened, and while it stands with a message in hand.
        r.list_devices(1, proxy="http://a:1")
        r.transport.opens.set()
        await r.ready()
        r.transport.answers.append("wait")
        r.hand()
        await until(lambda: len(r.transport.sent) == 1)
        r.list_devices(1, proxy="http://b:1")
        assert not r.transport.sessions[0].is_closed
        r.transport.sessions[0].answer()
        assert (await r.outcome()).result == Result.RESULT_SENT
        await until(lambda: len(r.transport.sessions) == 2)
        # The same again changes nothing.
        r.list_devices(1, proxy="http://b:1")
        await asyncio.sleep(0)
        assert [session.key.proxy for session in r.transport.sessions] == ["http://a:1", "http://b:1"]
        assert [session.is_closed for session in r.transport.sessions] == [True, False]
        assert "http" not in repr(r.transport.sessions[1].key)


async def test_a_parked_device_has_no_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.list_devices(1, connect=False)
        assert (await r.event()).type == Type.TYPE_DISCONNECTED
        await until(lambda: r.transport.sessions[0].is_closed)
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT


async def test_a_device_that_may_connect_again_gives_its_credit_again() -> None:
    """Dispatch took the end of the session for the end of the credit."""
    async with rig() as r:
        r.admit(1)
        assert await r.ready() == [1]
        r.list_devices(1, connect=False)
        assert (await r.event()).type == Type.TYPE_DISCONNECTED
        r.list_devices(1)
        assert await r.ready() == [1]


async def test_a_new_epoch_means_a_new_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.revoke(1)
        assert len(r.fleet) == 0
        r.fleet.serve(1, EPOCH + 1)
        r.list_devices(1)
        assert await r.ready() == [1]
    assert [session.key.epoch for session in r.transport.sessions] == [EPOCH, EPOCH + 1]
    assert r.transport.sessions[0].is_closed


async def test_a_lease_under_a_new_epoch_moves_the_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.new_stream(b"key")
        r.fleet.serve(1, EPOCH + 1)
        assert await r.ready() == [1]
        r.hand(epoch=EPOCH + 1)
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert [key.epoch for key, _ in r.transport.sent] == [EPOCH + 1]


async def test_a_suspended_device_opens_no_session_until_it_is_served_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lease may be another's by now, and the newest connection wins."""
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        r.fleet.suspend(1)
        # The term holds: it begins anew with the next stream, before the claims are answered.
        await asyncio.sleep(0.01)
        assert len(r.transport.sessions) == 1
        r.fleet.serve(1, EPOCH + 1)
        assert await r.ready() == [1]
    assert [session.key.epoch for session in r.transport.sessions] == [EPOCH, EPOCH + 1]


async def test_past_the_term_no_session_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        r.clock.now += 9.8
        await asyncio.sleep(0.01)
        assert len(r.transport.sessions) == 1


async def test_an_attempt_to_open_ends_with_the_lease() -> None:
    """The network is away, say, and the attempt would go out when it is back."""
    async with rig(FakeTransport(opens=asyncio.Event())) as r:
        r.admit(1)
        await asyncio.sleep(0)
        r.fleet.suspend(1)
        r.transport.opens.set()
        await asyncio.sleep(0.01)
        assert not r.transport.sessions
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]


async def test_a_session_that_stands_when_the_term_is_over_is_closed() -> None:
    async with rig(FakeTransport(opens=asyncio.Event())) as r:
        r.admit(1)
        await asyncio.sleep(0)
        r.clock.now += 9.8
        r.transport.opens.set()

        async def closed() -> bool:
            return [session.is_closed for session in r.transport.sessions] == [True]

        await eventually(closed)


@pytest.mark.parametrize("hold", [None, 0.001])
async def test_a_host_tries_no_session_into_a_ban_whose_end_only_dispatch_knows(hold: float | None) -> None:
    """Each refusal would be a new hold of a day."""
    async with rig(FakeTransport(refusals=[OpenRefused(Failure.TEMPORARY_BAN, hold)])) as r:
        r.admit(1)
        await r.event()
        r.fleet.suspend(1)
        r.fleet.serve(1, EPOCH)
        await asyncio.sleep(0.05)
        assert r.transport.sessions == []
        r.list_devices(1)
        assert await r.ready() == [1]
