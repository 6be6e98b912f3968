"""The rate of enrollment."""

import asyncio

from services.enrollment.rate import Rate
from services.runtime.lifecycle import Life
from tests.support.slowness import patient


async def test_zero_is_no_limit() -> None:
    clock = asyncio.get_running_loop().time
    start = clock()
    await Rate(0, Life()).admit(10**9)
    assert clock() - start < patient(1)


async def test_turns_are_spaced_over_all_callers() -> None:
    rate = Rate(1000, Life())
    start = asyncio.get_running_loop().time()
    await asyncio.gather(*(rate.admit(20) for _ in range(6)))
    assert asyncio.get_running_loop().time() - start >= 0.099


async def test_a_drain_ends_the_wait() -> None:
    life = Life()
    rate = Rate(1, life)
    await rate.admit(3600)
    waiting = asyncio.create_task(rate.admit(1))
    life.drain()
    done, _ = await asyncio.wait({waiting}, timeout=patient(1))
    assert done == {waiting}
