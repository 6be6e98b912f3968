"""Blocking queries as streams of changes that outlive an absent Consul."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from services.runtime.discovery.errors import DiscoveryUnavailable
from services.runtime.retry import Retry

T = TypeVar("T")

WAIT = 10.0
"""Seconds a blocking query may be held. Short: Consul keeps the slot of a cancelled one until then."""


async def changes(
    read: Callable[[int, float], Awaitable[tuple[int, T]]], retry: Retry
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
            await retry.pause(error)
            continue
        retry.succeeded()
        index = newer if newer >= index else 0
        if value != last:
            last = value
            yield value
