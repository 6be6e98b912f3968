"""Polling with a deadline, for what nobody announces."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(met: Callable[[], Awaitable[bool]], *, within: float) -> None:
    async with asyncio.timeout(within):
        while not await met():  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(0.02)


async def following(stream: AsyncGenerator[T, None], met: Callable[[T], bool], *, within: float) -> T:
    """The first element that meets it."""
    async with asyncio.timeout(within):
        async for element in stream:
            if met(element):
                return element
    raise AssertionError("the stream ended")
