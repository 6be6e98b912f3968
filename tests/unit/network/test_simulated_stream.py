"""A stream that never connects: what waits on it when it is lost."""

import asyncio

import pytest

from kompang.simulation.v1 import network_pb2
from shardhost.transports.simulated_stream import SimulatedStream
from shardhost.transports.transport import (
    Failure,
    NotSent,
    OpenRefused,
    Outgoing,
    SessionEnd,
    SessionEvent,
    SessionKey,
)


async def test_what_waits_when_the_stream_is_lost_never_left() -> None:
    events: list[SessionEvent] = []
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    opening = asyncio.ensure_future(stream.open(SessionKey(1, "60111", 7), events.append, lambda _: None))
    await asyncio.sleep(0)
    stream._opened(network_pb2.Opened(session_id=1, connection=1))
    session = await opening
    sending = asyncio.ensure_future(session.send(Outgoing("60999", "Hi", "w")))
    await asyncio.sleep(0)
    stream.lose()
    with pytest.raises(NotSent):
        await sending
    assert events == [SessionEvent(SessionEnd.DISCONNECTED)]


async def test_an_open_that_waits_is_refused_when_the_stream_is_lost() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    opening = asyncio.ensure_future(stream.open(SessionKey(1, "60111", 7), lambda _: None, lambda _: None))
    await asyncio.sleep(0)
    stream.lose()
    with pytest.raises(OpenRefused) as refused:
        await opening
    assert refused.value.failure is Failure.TRANSIENT


async def test_a_congested_stream_takes_no_more() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    outgoing = Outgoing("60999", "Hi", "w")
    stream._frames.extend([network_pb2.ConnectRequest()] * 1000)
    with pytest.raises(NotSent, match="congested"):
        stream.write_send(1, outgoing)


async def test_frames_keep_the_order_of_what_was_asked() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    stream.write_send(1, Outgoing("60999", "Hi", "a"))
    stream.write_send(1, Outgoing("60999", "Hi", "b"))
    stream.write_close(1)
    stream.write_send(2, Outgoing("60999", "Hi", "c"))
    assert [frame.WhichOneof("frame") for frame in stream._frames] == ["hello", "sends", "closes", "sends"]
    assert [send.wire_id for send in stream._frames[1].sends.sends] == ["a", "b"]
