"""The life of a process: it starts, drains at the first signal, and exits at the second.

Authority: a process owns its loops through one `asyncio.TaskGroup`. A pass of a loop that fails ends no
process, because the same row would end the next one too: the loop runs again after a backoff. An error that
passes by itself (Postgres or Consul away, one of `PASSING`) is a pause; any other is contained and counted.
"""

import asyncio
import gc
import logging
import os
import random
import signal
from collections.abc import Awaitable, Callable

from services.runtime.containment import PASSING, report
from services.runtime.open_files import raise_open_files
from services.runtime.retry import Retry

log = logging.getLogger(__name__)


class Life:
    """Of one process: its loops learn here when to drain, and its starter learns when it is ready."""

    def __init__(self) -> None:
        self._draining = asyncio.Event()
        self._ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def is_draining(self) -> bool:
        """Whether the process is on its way out."""
        return self._draining.is_set()

    def drain(self) -> None:
        """Finish what is in flight, hand over, then stop."""
        self._draining.set()

    async def drained(self) -> None:
        """Returns when the drain has begun."""
        await self._draining.wait()

    def ready(self, address: str = "") -> None:
        """Called once by the process, with its bound address if it serves."""
        if not self._ready.done():
            self._ready.set_result(address)

    async def when_ready(self) -> str:
        """The address given to `ready`."""
        return await asyncio.shield(self._ready)

    async def pause(self, seconds: float) -> bool:
        """Waits; returns early with False when the drain begins."""
        await set_within(self._draining, seconds)
        return not self.is_draining

    async def pause_until(self, event: asyncio.Event, seconds: float) -> None:
        """Waits for the event, which it clears; at most so long, and no longer when the drain begins."""
        waits = [asyncio.create_task(each.wait()) for each in (event, self._draining)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        event.clear()


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set in time.

    `asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with the event, and a loop that
    is cancelled only once goes on for ever. `asyncio.timeout` of the first 3.11 versions takes a task for one
    that is being cancelled when a task group has failed in that task.
    """
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()
    return event.is_set()


async def every(
    seconds: float,
    run_once: Callable[[], Awaitable[object]],
    life: Life,
    sooner: asyncio.Event | None = None,
) -> None:
    """Runs `run_once` every so many seconds (± 5 %, so that replicas drift apart) until the drain.

    `sooner` ends a gap early and is cleared. While what it needs is away, and after an error that nobody
    foresaw, the gap grows from 0.2 s to 5 s, and nothing ends it early.
    """
    name = getattr(run_once, "__qualname__", "loop")
    retry = Retry(name, life=life)
    while not life.is_draining:
        try:
            await run_once()
        except PASSING as error:
            await retry.pause(error)
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, the next pass may do without it
            report("loop", error, loop=name)
            await retry.pause(error)
            continue
        retry.succeeded()
        gap = seconds * random.uniform(0.95, 1.05)
        if sooner is None:
            await life.pause(gap)
        else:
            await life.pause_until(sooner, gap)


def run(main: Callable[[Life], Awaitable[None]]) -> None:
    """Runs a process to its end; its `__main__` calls this and nothing else."""
    import uvloop  # noqa: PLC0415 - only real processes need it

    raise_open_files()
    uvloop.run(_until_signalled(main))


async def _until_signalled(main: Callable[[Life], Awaitable[None]]) -> None:
    life = Life()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if life.is_draining:
            log.warning("second signal: leaving at once")
            os._exit(130)
        log.info("draining")
        life.drain()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    freezing = asyncio.create_task(_freeze_when_ready(life))
    try:
        await main(life)
    finally:
        freezing.cancel()


async def _freeze_when_ready(life: Life) -> None:
    """Modules, classes and settings live as long as the process: the collector need not look at them.

    Each time it looked through them, the event loop stood still for 70 to 160 ms.
    """
    await life.when_ready()
    gc.collect()
    gc.freeze()
