"""Work that takes the processor for long, beside the event loop and bounded.

One thread works, so the loop waits for the interpreter's lock a few milliseconds at a time whatever is asked.
A thread cannot be ended: the work itself has to be bounded, and so many may wait for it and no more. A caller
waits for `most_s` at longest; the work that he leaves still has its place until it ends.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, TypeVar

from services.runtime.errors import ResourceExhausted

_THREADS = 1

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Offload:
    """At most `most` calls at a time, inside `with`; `most_s` is for the caller."""

    def __init__(self, *, most: int = 32, most_s: float = 10.0) -> None:
        self._most = most
        self._most_s = most_s
        self._count = 0
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="offload")

    def __enter__(self) -> "Offload":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Work that has not begun is given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[_Given, _Made], *args: _Given.args, **named: _Given.kwargs) -> _Made:
        """Returns what `work` returns, and raises what `work` raises.

        Raises `ResourceExhausted` where too many wait, or the work takes too long.
        """
        if self._count >= self._most:
            raise ResourceExhausted(
                f"{self._most} calls are being computed already; try again when one of them is done"
            )
        self._count += 1
        running = self._pool.submit(work, *args, **named)
        loop = asyncio.get_running_loop()
        running.add_done_callback(lambda _: _told(loop, self._free))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(running), self._most_s)
        except TimeoutError:
            raise ResourceExhausted(
                f"this takes more than {self._most_s:.0f} s to compute now; ask for less, or try again later"
            ) from None

    def _free(self) -> None:
        self._count -= 1


def _told(loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> None:
    """In the loop's own thread, while there is a loop."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)
