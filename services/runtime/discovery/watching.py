"""Blocking queries as streams of changes that outlive an absent Consul."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from services.runtime.discovery.errors import DiscoveryUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

WAIT = 10.0
"""Seconds a blocking query may be held. Short: Consul keeps the slot of a cancelled one until then."""


class Backoff:
    """Pauses between attempts, doubling with full jitter; logs the first failure and the recovery only."""

    def __init__(self, what: str, *, longest: float = 5.0) -> None:
        self._what = what
        self._longest = longest
        self._failures = 0

    async def pause(self, error: Exception) -> None:
        """Sleep between half and all of the current ceiling."""
        if not self._failures:
            log.warning("%s: %s; trying again until it works", self._what, error)
        self._failures += 1
        ceiling = min(self._longest, 0.1 * 2 ** min(self._failures, 10))
        await asyncio.sleep(random.uniform(ceiling / 2, ceiling))

    def reset(self) -> None:
        """Start over: it worked."""
        if self._failures:
            log.info("%s: works again after %d failures", self._what, self._failures)
        self._failures = 0


async def changes(
    read: Callable[[int, float], Awaitable[tuple[int, T]]], backoff: Backoff
) -> AsyncGenerator[T, None]:
    """Yield what `read(index, wait)` returns, first at once, then whenever it differs from the last.

    After a failure it asks from index 0, so that the first answer of a returned Consul comes at once.
    An index that went backwards (Consul restored or restarted empty) starts from 0 too, as Consul advises.
    """
    index, last = 0, None
    while True:
        try:
            newer, value = await read(index, WAIT * random.uniform(1.0, 1.5))
        except DiscoveryUnavailable as error:
            index = 0
            await backoff.pause(error)
            continue
        backoff.reset()
        index = newer if newer >= index else 0
        if value != last:
            last = value
            yield value
