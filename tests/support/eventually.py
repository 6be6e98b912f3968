"""Waiting, with a deadline, for what no event tells."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    probe: Callable[[], Awaitable[T | None]], *, within_s: float = 10.0, every_s: float = 0.02, what: str = ""
) -> T:
    """The first truthy answer of `probe`; AssertionError with the last one when the time is over."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or probe}; last answer {answer!r}")
        await asyncio.sleep(every_s)
