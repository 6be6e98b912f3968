"""Waits for a condition of files or processes, which set no event."""

import asyncio
from collections.abc import Callable

from tests.support.slowness import patient

SECONDS = 30.0


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; TimeoutError after 30 s of a calm machine."""
    async with asyncio.timeout(patient(SECONDS)):
        while not condition():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0.02)
