"""Waiting for events, pauses and the drain."""

import asyncio

import pytest

from services.runtime.lifecycle import Life, set_within


async def test_an_event_is_waited_for_so_long_and_no_longer() -> None:
    event = asyncio.Event()
    assert not await set_within(event, 0)
    event.set()
    assert await set_within(event, 60)


@pytest.mark.parametrize("steps", range(5))
async def test_a_cancellation_that_comes_with_the_event_is_not_lost(steps: int) -> None:
    event = asyncio.Event()

    async def loop() -> None:
        while True:
            await set_within(event, 60)
            event.clear()

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    assert task.cancelled()


async def test_a_wait_after_a_failed_group_is_no_cancellation() -> None:
    async def failing() -> None:
        raise OSError

    async def loop() -> bool:
        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(failing())
        return await set_within(asyncio.Event(), 0.001)

    assert await asyncio.create_task(loop()) is False


async def test_a_pause_ends_with_the_drain() -> None:
    life = Life()
    assert await life.pause(0)
    life.drain()
    assert not await life.pause(60)
