"""What a send must look up is looked up before the fence: behind it the wire comes at once."""

import asyncio
from collections.abc import Awaitable, Generator

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt, connection
from shardhost.transports.transport import (
    Failure,
    NotSent,
    SendRefused,
    SessionEnd,
    SessionEvent,
    TransportKind,
)
from tests.support.eventually import eventually
from tests.unit.shardhost.fakes import FakeTransport, rig

Result = pb.Outcome


class _Cancelled:
    """As a transport that cancels something of its own."""

    def __await__(self) -> Generator[None, None, None]:
        raise asyncio.CancelledError


@pytest.mark.parametrize("kind", TransportKind)
async def test_each_send_is_prepared(kind: TransportKind) -> None:
    async with rig(FakeTransport(kind=kind)) as r:
        r.admit(1)
        await r.ready()
        r.hand(recipient="6019")
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert r.transport.looked_up == ["6019"]


@pytest.mark.parametrize(
    ("found", "repeat", "result", "failure"),
    [
        (SendRefused(Failure.NOT_ON_WHATSAPP), False, Result.RESULT_REFUSED, pb.FAILURE_NOT_ON_WHATSAPP),
        # It says nothing of the attempt before.
        (SendRefused(Failure.NOT_ON_WHATSAPP), True, Result.RESULT_AMBIGUOUS, pb.FAILURE_NOT_ON_WHATSAPP),
        (NotSent(), False, Result.RESULT_NOT_SENT, pb.FAILURE_UNSPECIFIED),
        (NotSent(), True, Result.RESULT_AMBIGUOUS, pb.FAILURE_UNSPECIFIED),
        (_Cancelled(), False, Result.RESULT_NOT_SENT, pb.FAILURE_UNSPECIFIED),
    ],
)
async def test_what_cannot_be_prepared_does_not_go(
    found: Awaitable[None] | Exception, repeat: bool, result: int, failure: int
) -> None:
    transport = FakeTransport(look_ups=[found])
    async with rig(transport) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=repeat)
        outcome = await r.outcome()
    assert (outcome.result, outcome.failure) == (result, failure)
    assert not transport.sent


async def test_a_look_up_lasts_no_longer_than_the_hand_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "FRESH_S", 0.02)
    never = asyncio.get_running_loop().create_future()
    async with rig(FakeTransport(look_ups=[never])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_the_lease_is_looked_at_behind_the_look_up() -> None:
    """An owner that was frozen inside a look-up, and goes on when its lease is over, sends nothing."""
    found = asyncio.get_running_loop().create_future()
    async with rig(FakeTransport(look_ups=[found])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        assert r.transport.looked_up
        r.clock.now += 60
        found.set_result(None)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def _stand(transport: FakeTransport, sessions: int, looked_up: int) -> None:
    async def do_they() -> bool:
        return (len(transport.sessions), len(transport.looked_up)) == (sessions, looked_up)

    await eventually(do_they)


async def test_on_a_new_session_it_is_looked_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the send would have to look up, behind the fence."""
    monkeypatch.setattr(connection, "_RECONNECT_S", 0.0)
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=60_000)
        await _stand(r.transport, 1, 1)
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        await _stand(r.transport, 2, 1)
        r.fleet._workers[1]._sending.wake()  # the gap is over
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert len(r.transport.looked_up) == 2


async def test_what_was_looked_up_on_another_session_goes_on_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_RECONNECT_S", 0.0)
    found: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with rig(FakeTransport(look_ups=[asyncio.sleep(0), found])) as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=60_000)
        await _stand(r.transport, 1, 1)
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        await _stand(r.transport, 2, 1)
        r.fleet._workers[1]._sending.wake()  # the gap is over
        await _stand(r.transport, 2, 2)
        r.transport.sessions[1].end(SessionEvent(SessionEnd.DISCONNECTED))
        await _stand(r.transport, 3, 2)
        found.set_result(None)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_it_is_looked_up_while_the_gap_lasts() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=60_000)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert r.transport.looked_up
        assert not r.transport.sent
