"""Waiting, with a deadline, for what no event tells."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.support.slowness import patient

T = TypeVar("T")


async def eventually(
    probe: Callable[[], Awaitable[T | None]], *, within_s: float = 10.0, every_s: float = 0.02, what: str = ""
) -> T:
    """The first truthy answer of `probe`; AssertionError with the last one when the time is over.

    `within_s` is meant for a calm machine; a slow one gets more.
    """
    within_s = patient(within_s)
    deadline = time.monotonic() + within_s
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what or probe}; last answer {answer!r}")
        await asyncio.sleep(every_s)
