"""The session of a device: when it is opened, and when it is not."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import connection
from shardhost.transports.transport import Failure, OpenRefused, SessionEnd, SessionEvent
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


async def test_a_parked_device_has_no_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.list_devices(1, connect=False)
        await until(lambda: r.transport.sessions[0].is_closed)
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT


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
