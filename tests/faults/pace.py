"""How slow the machine is while a row watches for silences.

The rows in the other lanes start whole meshes, and others may use the machine: a device that waits for the
processor is silent too. So the machine is asked all the while, and the silence allowed is stretched by that.
"""

import asyncio
from contextlib import suppress
from statistics import median
from types import TracebackType
from typing import Self

from tests.support.slowness import slowness_now

# A sample costs a tenth of a second of one core.
_EVERY_S = 2.0


class Pace:
    """Entered, it samples; `allowed` afterwards."""

    def __init__(self) -> None:
        self._samples: list[float] = []
        self._sampling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sampling = asyncio.create_task(self._sample(), name="pace")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._sampling is not None:
            self._sampling.cancel()
            with suppress(asyncio.CancelledError):
                await self._sampling

    def allowed(self, seconds: float) -> float:
        """`seconds` of a calm machine, as long as they are on this one."""
        return seconds * median(self._samples)

    async def _sample(self) -> None:
        while True:
            self._samples.append(await asyncio.to_thread(slowness_now))
            await asyncio.sleep(_EVERY_S)
