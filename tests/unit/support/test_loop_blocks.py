"""The measure of how long the event loop is held."""

import asyncio
import time

from tests.support.loop_blocks import measured_blocks


def spin(seconds: float) -> None:
    """Takes so much processor time of its thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_a_hold_is_measured_and_turns_between_end_it() -> None:
    async with measured_blocks() as blocks:
        for _ in range(3):
            await asyncio.sleep(0.005)
            spin(0.02)
        await asyncio.sleep(0.005)
    assert 0.02 <= blocks.longest_s < 0.06


async def test_work_in_a_thread_is_no_hold() -> None:
    async with measured_blocks() as blocks:
        await asyncio.to_thread(spin, 0.05)
        await asyncio.sleep(0.005)
    assert 0 < blocks.longest_s < 0.05
