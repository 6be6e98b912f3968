"""Waiting for what tells nobody that it has come."""

import asyncio
from collections.abc import Callable

from tests.support.slowness import patient

SECONDS = patient(30.0)


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; TimeoutError after 30 s."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0.02)
