"""Waiting, with a deadline, for what no event tells."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.support.slowness import patient, slowness_now

T = TypeVar("T")

# A pause is a tenth of what has been waited for so far, and no longer than nobody notices.
_PART = 10
_LONGEST_PAUSE_S = 0.2


async def eventually(
    probe: Callable[[], Awaitable[T | None]], *, within_s: float = 10.0, every_s: float = 0.02, what: str = ""
) -> T:
    """The first truthy answer of `probe`; AssertionError with the last one when the time is over.

    `within_s` is meant for a calm machine; a slow one gets more, also one that was calm when the session
    began. The longer it has waited, the longer are its pauses: asking costs the time of those who are waited
    for.
    """
    allowed_s = patient(within_s)
    begun = time.monotonic()
    while True:
        answer = await probe()
        if answer:
            return answer
        now = time.monotonic()
        if now > begun + allowed_s:
            allowed_s = max(allowed_s, within_s * slowness_now())
            if now > begun + allowed_s:
                raise AssertionError(f"not within {allowed_s:g} s: {what or probe}; last answer {answer!r}")
        await asyncio.sleep(max(every_s, min((now - begun) / _PART, _LONGEST_PAUSE_S)))
