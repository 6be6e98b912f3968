"""Redis while it answers, memory while it does not.

Trusted meanwhile: nothing. The hand in Postgres decides; a window only lists candidates. So a switch may
lose entries (the next scan finds them) or leave old ones behind (the hand finds them gone).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place, Window
from services.runtime.containment import report
from services.runtime.redis import RedisAway

log = logging.getLogger(__name__)

_TRY_AGAIN_S = 2.0

_Answer = TypeVar("_Answer")


class FallbackWindow:
    """`generation` grows with each switch: whoever counts entries must count anew."""

    def __init__(self, primary: Window, memory: MemoryWindow, timeout_s: float) -> None:
        self._primary = primary
        self._memory = memory
        self._timeout_s = timeout_s
        self._away_until = 0.0
        self.generation = 0

    def _uses_primary(self) -> bool:
        return asyncio.get_running_loop().time() >= self._away_until

    def _switch_to_memory(self, error: BaseException) -> None:
        if self._away_until == 0.0:
            self.generation += 1
            log.warning("redis is away: the due window is in memory", extra={"error": type(error).__name__})
        self._away_until = asyncio.get_running_loop().time() + _TRY_AGAIN_S

    def _switch_back(self) -> None:
        if self._away_until:
            self._away_until = 0.0
            self.generation += 1
            self._memory.clear()
            log.info("redis is back")

    async def fill(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        await self._either(lambda window: window.fill(entries))

    async def add(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        await self._either(lambda window: window.add(entries))

    async def take(self, places: Sequence[Place]) -> list[Entry | None]:
        """See `Window`."""
        return await self._either(lambda window: window.take(places))

    async def _either(self, work: Callable[[Window], Awaitable[_Answer]]) -> _Answer:
        if self._uses_primary():
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await work(self._primary)
            except RedisAway as error:
                self._switch_to_memory(error)
            except Exception as error:  # noqa: BLE001 - whatever it answers, memory does without it
                report("dispatch.window", error)
                self._switch_to_memory(error)
            else:
                self._switch_back()
                return answer
        return await work(self._memory)
