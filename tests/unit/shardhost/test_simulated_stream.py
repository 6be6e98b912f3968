"""What waits to be written to the simulated network."""

import asyncio

import pytest

from shardhost.transports.simulated_stream import SimulatedStream
from shardhost.transports.transport import SessionKey


async def test_an_open_that_is_given_up_before_it_was_written_is_never_written() -> None:
    """The network may come back after the device's lease has gone, and the newest connection wins."""
    stream = SimulatedStream("h1", open_timeout=5.0, send_timeout=5.0)
    openings = [
        asyncio.create_task(stream.open(SessionKey(device, f"60{device}", 7), lambda _: None, lambda _: None))
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
    opening = asyncio.create_task(stream.open(SessionKey(1, "601", 7), lambda _: None, lambda _: None))
    await asyncio.sleep(0)
    stream._frames.clear()
    stream._last = ""
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert [list(frame.closes.session_ids) for frame in stream._frames] == [[1]]
