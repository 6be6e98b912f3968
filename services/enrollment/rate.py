"""A steady rate, so that one large list does not take the database from the processes that send."""

import asyncio

from services.runtime.lifecycle import Life


class Rate:
    """Admits so many a second over all its callers, evenly and without bursts; 0 admits at once."""

    def __init__(self, per_second: float, life: Life) -> None:
        self._per_second = per_second
        self._life = life
        self._free_at = 0.0

    async def admit(self, count: int) -> None:
        """Waits for the turn of `count`; returns early when the process drains."""
        if not self._per_second:
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, self._free_at)
        self._free_at = turn + count / self._per_second
        if turn > now:
            await self._life.pause(turn - now)
