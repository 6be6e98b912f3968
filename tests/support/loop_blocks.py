"""How long the event loop was held: by the processor time of its thread, to which others do not add."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_BEAT_S = 0.002


@dataclass
class Blocks:
    """`longest_s`: of one stretch without a turn for others, since it was last set to 0."""

    longest_s: float = 0.0
    collected_s: float = 0.0
    _begin: float = 0.0

    def collecting(self, phase: str, _info: object) -> None:
        """The collector goes through the garbage of every test before, which no call is at fault for."""
        if phase == "start":
            self._begin = time.thread_time()
        else:
            self.collected_s += max(0.0, time.thread_time() - self._begin)

    async def beat(self) -> None:
        """Measures for ever."""
        while True:
            begin = time.thread_time() - self.collected_s
            await asyncio.sleep(_BEAT_S)
            self.longest_s = max(self.longest_s, time.thread_time() - self.collected_s - begin)


@asynccontextmanager
async def measured_blocks() -> AsyncIterator[Blocks]:
    """Beats while the block runs."""
    blocks = Blocks()
    gc.callbacks.append(blocks.collecting)
    beating = asyncio.create_task(blocks.beat(), name="beat")
    try:
        yield blocks
    finally:
        beating.cancel()
        gc.callbacks.remove(blocks.collecting)
