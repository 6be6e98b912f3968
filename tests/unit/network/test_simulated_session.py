"""How sends end, on a stream that only counts."""

import asyncio
from itertools import count

import pytest

from kompang.simulation.v1 import network_pb2
from shardhost.transports.receipt import Receipt
from shardhost.transports.simulated_session import SimulatedSession
from shardhost.transports.transport import (
    Accepted,
    Failure,
    NotSent,
    Outgoing,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
    TransportKind,
)


class CountingStream:
    kind = TransportKind.REPEATABLE
    trace_timeout = 30.0

    def __init__(self, send_timeout: float = 30) -> None:
        self.send_timeout = send_timeout
        self.closed: list[int] = []
        self._ids = count(1)

    def write_send(self, session_id: int, outgoing: Outgoing) -> int:
        return next(self._ids)

    def write_question(self, session_id: int, *, wire_id: str = "", recipient: str = "") -> int:
        raise AssertionError

    def write_receipt(self, session_id: int, inbound_id: str) -> None:
        raise AssertionError

    def write_confirmed(self, session_id: int, receipt: Receipt) -> None:
        raise AssertionError

    def write_close(self, session_id: int) -> None:
        self.closed.append(session_id)


def session_on(stream: CountingStream) -> tuple[SimulatedSession, list[SessionEvent]]:
    events: list[SessionEvent] = []
    return SimulatedSession(stream, 1, events.append, lambda _: None, lambda _: None), events


async def begun(session: SimulatedSession) -> asyncio.Task[Accepted]:
    sending = asyncio.ensure_future(session.send(Outgoing("60999", "Hi", "w")))
    await asyncio.sleep(0)
    return sending


async def test_the_late_answer_of_one_attempt_does_not_end_the_next() -> None:
    session, _ = session_on(CountingStream())
    first = await begun(session)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = await begun(session)
    session.settle(network_pb2.Ack(send_id=1, failure="FAILURE_TRANSIENT"))
    session.settle(network_pb2.Ack(send_id=2, accepted_age_ms=1500, repeated=True))
    assert await second == Accepted(1.5, repeated=True)


async def test_an_answer_of_an_unknown_kind_is_ambiguous_and_the_next_send_is_answered() -> None:
    """A network of a later version may refuse for a reason that this transport has no name for."""
    session, _ = session_on(CountingStream())
    first, second = await begun(session), await begun(session)
    session.settle(network_pb2.Ack(send_id=1, failure=77))  # type: ignore[arg-type]
    session.settle(network_pb2.Ack(send_id=2))
    with pytest.raises(SendAmbiguous):
        await first
    assert await second == Accepted(0.0)


async def test_an_end_of_a_kind_that_ends_no_session_is_a_disconnection() -> None:
    session, events = session_on(CountingStream())
    session.end(Failure.NOT_ON_WHATSAPP)
    assert [event.end for event in events] == [SessionEnd.DISCONNECTED]


async def test_a_send_without_an_answer_in_time_is_ambiguous() -> None:
    session, _ = session_on(CountingStream(send_timeout=0))
    with pytest.raises(SendAmbiguous):
        await session.send(Outgoing("60999", "Hi", "w"))


async def test_a_send_that_never_left_is_not_sent_and_one_that_was_written_is_ambiguous() -> None:
    session, events = session_on(CountingStream())
    waiting, written = await begun(session), await begun(session)
    session.not_sent(1)
    session.end(Failure.TRANSIENT)
    with pytest.raises(NotSent):
        await waiting
    with pytest.raises(SendAmbiguous):
        await written
    assert events == [SessionEvent(SessionEnd.DISCONNECTED)]


async def test_a_session_ends_once() -> None:
    stream = CountingStream()
    session, events = session_on(stream)
    session.end(Failure.TEMPORARY_BAN, 60.0)
    session.end(Failure.TRANSIENT)
    await session.close()
    assert events == [SessionEvent(SessionEnd.TEMPORARY_BAN, 60.0)]
    assert stream.closed == []
    with pytest.raises(SendRefused) as refused:
        await session.send(Outgoing("60999", "Hi", "w"))
    assert (refused.value.failure, refused.value.hold) == (Failure.TEMPORARY_BAN, 60.0)
