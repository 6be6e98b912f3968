"""How long the event loop was held: by the processor time of its thread, to which others do not add."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_BEAT_S = 0.002


@dataclass
class Blocks:
    """`longest_s`: of one stretch without a turn for others, since it was last set to 0."""

    longest_s: float = 0.0


@asynccontextmanager
async def measured_blocks() -> AsyncIterator[Blocks]:
    """Beats while the block runs."""
    blocks = Blocks()
    beating = asyncio.create_task(_beat(blocks), name="beat")
    try:
        yield blocks
    finally:
        beating.cancel()


async def _beat(blocks: Blocks) -> None:
    while True:
        begin = time.thread_time()
        await asyncio.sleep(_BEAT_S)
        blocks.longest_s = max(blocks.longest_s, time.thread_time() - begin)
