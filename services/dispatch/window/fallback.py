"""Redis while it answers, and answers what was put there; memory while it does not.

Trusted meanwhile: nothing. The hand in Postgres decides; a window only lists candidates. So a switch may
lose entries (the next scan finds them) or leave old ones behind (the hand finds them gone).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from opentelemetry import metrics

from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.window import Entry, Place, Window
from services.runtime.containment import report
from services.runtime.redis import RedisAway

log = logging.getLogger(__name__)

_TRY_AGAIN_S = 2.0
# Somebody may go on spoiling the windows, and each try costs one scan of all devices.
_MOST_AGAIN_S = 60.0

_Answer = TypeVar("_Answer")

_distrusted = metrics.get_meter(__name__).create_counter(
    "kompang.windows_distrusted",
    unit="{time}",
    description="How often the due window went to memory because Redis gave what no scan had put there.",
)


class FallbackWindow:
    """`generation` grows with each switch: whoever counts entries must count anew."""

    def __init__(self, primary: Window, memory: MemoryWindow, timeout_s: float) -> None:
        self._primary = primary
        self._memory = memory
        self._timeout_s = timeout_s
        self._away_until = 0.0
        self._back_at = -_MOST_AGAIN_S
        self._distrust_s = _TRY_AGAIN_S
        self.doubts = primary.doubts
        self.generation = 0

    def _uses_primary(self) -> bool:
        return asyncio.get_running_loop().time() >= self._away_until

    def _switch_to_memory(self, error: BaseException) -> None:
        if self._away_until == 0.0:
            self.generation += 1
            log.warning("redis is away: the due window is in memory", extra={"error": type(error).__name__})
        self._away_until = asyncio.get_running_loop().time() + _TRY_AGAIN_S

    def _distrust(self) -> None:
        """Goes on in memory: what comes out of Redis is not what was put there."""
        now = asyncio.get_running_loop().time()
        is_again = now - self._back_at < _MOST_AGAIN_S
        self._distrust_s = min(_MOST_AGAIN_S, 2 * self._distrust_s) if is_again else _TRY_AGAIN_S
        self._away_until = now + self._distrust_s
        self.generation += 1
        _distrusted.add(1)
        text = "redis gives what no scan put there: the due window is in memory"
        log.error(text, extra={"seconds": self._distrust_s})

    def _switch_back(self) -> None:
        if self._away_until:
            self._away_until = 0.0
            self._back_at = asyncio.get_running_loop().time()
            self.doubts.forget()
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
                if self.doubts.are_too_many:
                    self._distrust()
                return answer
        return await work(self._memory)
