"""Long work leaves the loop, and no more of it waits than may."""

import asyncio
import threading

import pytest

from services.runtime.errors import ResourceExhausted
from services.runtime.offload import Offload


async def test_the_loop_goes_on_and_one_more_than_may_wait_is_refused() -> None:
    gate = threading.Event()
    with Offload(most=2) as offload:
        waiting = [asyncio.create_task(offload.run(gate.wait, 10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ResourceExhausted):
            await offload.run(gate.wait, 10)
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True]
        assert await offload.run(lambda: "free again") == "free again"


async def test_who_waits_too_long_is_told_and_the_place_stays_taken_until_the_work_ends() -> None:
    gate = threading.Event()
    with Offload(most=1, most_s=0.05) as offload:
        with pytest.raises(ResourceExhausted, match="ask for less"):
            await offload.run(gate.wait, 10)
        with pytest.raises(ResourceExhausted, match="already"):
            await offload.run(gate.wait, 10)
        gate.set()


async def test_what_the_work_raises_is_raised() -> None:
    with Offload() as offload:
        with pytest.raises(ZeroDivisionError):
            await offload.run(lambda: 1 // 0)
        assert await offload.run(lambda: 1) == 1
