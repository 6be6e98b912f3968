"""A stream that never connects: what waits on it, what is read from it, and how it is lost."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import grpc
import pytest

from kompang.simulation.v1 import network_pb2
from services.runtime import containment
from shardhost.transports import simulated_frames
from shardhost.transports.simulated_session import SimulatedSession
from shardhost.transports.simulated_stream import SimulatedStream
from shardhost.transports.transport import (
    Accepted,
    Failure,
    Inbound,
    NotSent,
    OpenRefused,
    Outgoing,
    SendRefused,
    SessionEnd,
    SessionEvent,
    SessionKey,
)


def unheard(_: object) -> None:
    """For sessions of which nothing is to be told."""


async def test_what_waits_when_the_stream_is_lost_never_left() -> None:
    events: list[SessionEvent] = []
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    opening = asyncio.ensure_future(stream.open(SessionKey(1, "60111", 7), events.append, unheard, unheard))
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
    opening = asyncio.ensure_future(stream.open(SessionKey(1, "60111", 7), unheard, unheard, unheard))
    await asyncio.sleep(0)
    stream.lose()
    with pytest.raises(OpenRefused) as refused:
        await opening
    assert refused.value.failure is Failure.TRANSIENT


async def test_an_open_that_is_given_up_before_it_was_written_is_never_written() -> None:
    """The network may come back after the device's lease has gone, and the newest connection wins."""
    stream = SimulatedStream("h1", open_timeout=5.0, send_timeout=5.0)
    openings = [
        asyncio.create_task(stream.open(SessionKey(device, f"60{device}", 7), unheard, unheard, unheard))
        for device in (1, 2)
    ]
    await asyncio.sleep(0)
    openings[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await openings[0]
    waiting = list(stream._frames)
    assert [opening.phone for frame in waiting for opening in frame.opens.opens] == ["602"]
    assert not any(frame.closes.session_ids for frame in waiting)
    openings[1].cancel()


async def test_an_open_that_is_given_up_after_it_was_written_is_closed() -> None:
    stream = SimulatedStream("h1", open_timeout=5.0, send_timeout=5.0)
    opening = asyncio.create_task(stream.open(SessionKey(1, "601", 7), unheard, unheard, unheard))
    await asyncio.sleep(0)
    stream._frames.clear()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert [list(frame.closes.session_ids) for frame in stream._frames] == [[1]]


async def test_a_congested_stream_takes_no_more() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    outgoing = Outgoing("60999", "Hi", "w")
    for number in range(simulated_frames._WAITING_FRAMES):
        # Of another kind than the one before, so that each is a frame of its own.
        (stream.write_close if number % 2 else partial(stream.write_receipt, inbound_id="r"))(1)
    with pytest.raises(NotSent, match="congested"):
        stream.write_send(1, outgoing)


async def test_frames_keep_the_order_of_what_was_asked() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    stream.write_send(1, Outgoing("60999", "Hi", "a"))
    stream.write_send(1, Outgoing("60999", "Hi", "b"))
    stream.write_close(1)
    stream.write_send(2, Outgoing("60999", "Hi", "c"))
    assert [frame.WhichOneof("frame") for frame in stream._frames] == ["hello", "sends", "closes", "sends"]
    assert [send.wire_id for send in list(stream._frames)[1].sends.sends] == ["a", "b"]


class ReadCall:
    """A call that gives these responses to its reader, then the end."""

    def __init__(self, responses: Sequence[network_pb2.ConnectResponse]) -> None:
        self._responses = list(responses)

    async def read(self) -> object:
        return self._responses.pop(0) if self._responses else grpc.aio.EOF


async def read(stream: SimulatedStream, *responses: network_pb2.ConnectResponse) -> None:
    await stream._read(cast("Any", ReadCall(responses)))


async def two_sessions(
    stream: SimulatedStream, events: list[SessionEvent], inbound: list[Inbound]
) -> list[SimulatedSession]:
    """Number 1 and 2; what happens to them is told to the lists."""
    openings = [
        asyncio.ensure_future(stream.open(SessionKey(n, f"60{n}", 7), events.append, inbound.append, unheard))
        for n in (1, 2)
    ]
    await asyncio.sleep(0)
    opened = [network_pb2.Opened(session_id=n, connection=n) for n in (1, 2)]
    await read(stream, network_pb2.ConnectResponse(opened=network_pb2.OpenedFrame(opened=opened)))
    return [await opening for opening in openings]


async def test_an_entry_that_cannot_be_read_does_not_keep_the_rest_of_its_frame_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = containment.counts["network.entry"]
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    inbound: list[Inbound] = []
    first, second = await two_sessions(stream, [], inbound)
    sending = asyncio.ensure_future(second.send(Outgoing("60999", "Hi", "w")))
    await asyncio.sleep(0)

    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(first, "settle", fail)
    monkeypatch.setattr(first, "deliver", fail)
    acks = [network_pb2.Ack(session_id=n, send_id=3) for n in (1, 2)]
    replies = [network_pb2.Inbound(session_id=n, reply_id=f"r{n}", sender="6", text="Hi") for n in (1, 2)]
    await read(
        stream,
        network_pb2.ConnectResponse(acks=network_pb2.AckFrame(acks=acks)),
        network_pb2.ConnectResponse(replies=network_pb2.InboundFrame(replies=replies)),
    )
    assert await sending == Accepted(0.0)
    assert [each.inbound_id for each in inbound] == ["r2"]
    assert containment.counts["network.entry"] == before + 2


@pytest.mark.parametrize("failure", [0, 8, 77])
async def test_an_end_for_an_unknown_reason_is_a_disconnection(failure: int) -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    events: list[SessionEvent] = []
    await two_sessions(stream, events, [])
    ends = [network_pb2.End(session_id=1, failure=failure)]  # type: ignore[arg-type]
    await read(stream, network_pb2.ConnectResponse(ends=network_pb2.EndFrame(ends=ends)))
    assert events == [SessionEvent(SessionEnd.DISCONNECTED)]


async def test_an_open_refused_for_an_unknown_reason_may_be_tried_again() -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    opening = asyncio.ensure_future(stream.open(SessionKey(1, "601", 7), unheard, unheard, unheard))
    await asyncio.sleep(0)
    opened = [network_pb2.Opened(session_id=1, failure=77)]  # type: ignore[arg-type]
    await read(stream, network_pb2.ConnectResponse(opened=network_pb2.OpenedFrame(opened=opened)))
    with pytest.raises(OpenRefused) as refused:
        await opening
    assert refused.value.failure is Failure.TRANSIENT


@pytest.mark.parametrize("text", ["Hi \ud83d", "a" * 1_000_000])
async def test_a_text_that_fits_no_frame_is_refused_and_nothing_of_it_waits(text: str) -> None:
    stream = SimulatedStream("host-a", open_timeout=30, send_timeout=30)
    (session, _) = await two_sessions(stream, [], [])
    with pytest.raises(SendRefused) as refused:
        await session.send(Outgoing("60999", text, "w"))
    assert refused.value.failure is Failure.INVALID_MESSAGE
    assert not any(frame.sends.sends for frame in stream._frames)
