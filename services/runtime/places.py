"""How many may do something at once: in total, and of each holder, so that none takes the places of others.

`Places` refuses who comes too many; `Turns` lets them wait.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager

from opentelemetry import metrics

from services.runtime.errors import KompangError

_refused = metrics.get_meter(__name__).create_counter(
    "kompang.refused_places", unit="{call}", description="Calls that found too many others under way."
)


class Places:
    """Counts who is inside; a place is free again when its block is left."""

    def __init__(self, name: str, *, total: int, each: int) -> None:
        """`each` is the most of one holder while there is much room. `name` is for the metric."""
        self._name = name
        self._total = total
        self._each = each
        self._held: Counter[Hashable] = Counter()
        self._taken = 0

    @property
    def taken(self) -> int:
        """All that are taken now."""
        return self._taken

    @contextmanager
    def taken_by(self, holder: Hashable, refusal: KompangError) -> Iterator[None]:
        """Raises `refusal` when the holder has as many as it may."""
        if self._held[holder] >= self._share():
            _refused.add(1, {"kompang.places": self._name})
            raise refusal
        self._held[holder] += 1
        self._taken += 1
        try:
            yield
        finally:
            self._give_back(holder)

    def _share(self) -> int:
        """Half of what is free at most: however many are greedy, a newcomer finds a place."""
        free = self._total - self._taken
        return min(self._each, (free + 1) // 2)

    def _give_back(self, holder: Hashable) -> None:
        self._taken -= 1
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]


class Turns:
    """Waits instead of refusing. Those who wait have a place of `Places`, which bounds how many they are."""

    def __init__(self, *, total: int, each: int) -> None:
        self._each = each
        self._all = asyncio.Semaphore(total)
        self._own: dict[Hashable, asyncio.Semaphore] = {}
        self._asking: Counter[Hashable] = Counter()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is inside or waits."""
        return not self._asking

    @asynccontextmanager
    async def turn(self, holder: Hashable) -> AsyncIterator[None]:
        """Entered when fewer than `each` of the holder are inside, and fewer than the total."""
        self._asking[holder] += 1
        own = self._own.setdefault(holder, asyncio.Semaphore(self._each))
        try:
            async with own, self._all:
                yield
        finally:
            self._asking[holder] -= 1
            if not self._asking[holder]:
                del self._asking[holder], self._own[holder]
