"""A failed group of tasks is no cancellation of the task that waits for it."""

import asyncio
from contextlib import suppress

import pytest

from services.runtime.group import Group


async def failing() -> None:
    raise OSError


async def failed() -> None:
    async with Group() as group:
        group.create_task(failing())
        group.create_task(asyncio.sleep(60))


async def too_long() -> None:
    async with asyncio.timeout(0.001):
        await asyncio.sleep(60)


async def test_a_failed_group_is_no_cancellation_of_its_task() -> None:
    async def loop() -> int:
        with pytest.raises(ExceptionGroup):
            await failed()
        with pytest.raises(TimeoutError):
            await too_long()
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert await asyncio.create_task(loop()) == 0


async def test_a_real_cancellation_ends_it() -> None:
    inside = asyncio.Event()

    async def loop() -> None:
        async with Group() as group:
            group.create_task(asyncio.sleep(60))
            inside.set()

    task = asyncio.create_task(loop())
    await inside.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    assert task.cancelled()


async def stubborn() -> None:
    """Fails when it is cancelled."""
    try:
        await asyncio.sleep(60)
    finally:
        raise OSError


@pytest.mark.parametrize("is_failing_by_itself", [False, True])
async def test_a_cancellation_is_not_lost_where_a_child_fails_at_the_same_time(
    is_failing_by_itself: bool,
) -> None:
    inside, fails = asyncio.Event(), asyncio.Event()

    async def fail_when_told() -> None:
        await fails.wait()
        raise OSError

    async def loop() -> None:
        for _ in range(2):
            with suppress(ExceptionGroup):
                async with Group() as group:
                    group.create_task(fail_when_told() if is_failing_by_itself else stubborn())
                    await asyncio.sleep(0)
                    inside.set()
                    await asyncio.sleep(60)

    task = asyncio.create_task(loop())
    await inside.wait()
    fails.set()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    is_cancelled = task.cancelled()
    task.cancel()
    assert is_cancelled
