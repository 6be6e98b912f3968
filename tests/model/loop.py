"""A virtual clock, and an asyncio loop for each process that lives by it.

    Timeline   the one true time, and what happens at which moment of it
    Process    an asyncio loop with a clock of its own rate; it can be stopped, resumed and killed

The code under test runs unchanged on such a loop: tasks, futures, timeouts, queues. A stopped process
runs nothing while its clocks go on; what falls due or arrives meanwhile waits until it is resumed. A
killed one never runs again.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")


class Moment:
    """Something to be done, unless it is cancelled; asyncio takes it for a TimerHandle."""

    __slots__ = ("arguments", "do", "is_arrival", "process")

    def __init__(
        self,
        do: Callable[..., object],
        arguments: tuple[Any, ...],
        process: "Process | None",
        is_arrival: bool = False,
    ) -> None:
        self.do: Callable[..., object] | None = do
        self.arguments = arguments
        self.process = process
        self.is_arrival = is_arrival

    def cancel(self) -> None:
        self.do = None

    def cancelled(self) -> bool:
        return self.do is None


class Timeline:
    """True time in seconds. `observe` is called after everything that a process has done."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events = 0
        self.observe: Callable[[Process], None] = lambda _process: None
        self.current: Process | None = None
        self._is_halted = False
        self._ahead: list[tuple[float, int, Moment]] = []
        self._number = 0

    def at(
        self,
        when: float,
        process: "Process | None",
        do: Callable[..., object],
        *arguments: Any,
    ) -> Moment:
        """Let `process` (None: the world itself) do this at a moment; not before now."""
        moment = Moment(do, arguments, process, True)
        self.put(when, moment)
        return moment

    def put(self, when: float, moment: Moment) -> None:
        """The same, with what is to be done."""
        self._number = number = self._number + 1
        heappush(self._ahead, (max(self.now, when), number, moment))

    def after(
        self, seconds: float, process: "Process | None", do: Callable[..., object], *arguments: Any
    ) -> Moment:
        """The same, from now."""
        return self.at(self.now + seconds, process, do, *arguments)

    def halt(self) -> None:
        """Let no more time pass."""
        self._is_halted = True

    def run(self, until: float, is_over: Callable[[], bool]) -> bool:
        """Let time pass; True as soon as `is_over` says so at one of the world's own moments."""
        try:
            return self._run(until, is_over)
        finally:
            self.current = None
            asyncio._set_running_loop(None)

    def _run(self, until: float, is_over: Callable[[], bool]) -> bool:
        ahead = self._ahead
        while ahead and ahead[0][0] <= until and not self._is_halted:
            self.now, _, moment = heappop(ahead)
            if moment.do is None:
                continue
            self.events += 1
            if moment.process is not None:
                moment.process.take(moment)
            else:
                moment.do(*moment.arguments)
                if is_over():
                    return True
        self.now = until
        return is_over()


class Process:
    """An event loop with what asyncio's tasks, futures and timeouts ask of one.

    `rate` is how fast its clocks run. Both of them, the loop's and the boot clock, run on while it is
    stopped, as those of Linux do.
    """

    def __init__(self, timeline: Timeline, name: str, rate: float = 1.0) -> None:
        self.name = name
        self.timeline = timeline
        self.is_dead = False
        self.is_stopped = False
        self.stopped_for = 0.0
        self._stopped_at = 0.0
        self._rate = rate
        self._offset = random.uniform(0, 1000)
        self._ready: deque[Moment] = deque()
        self._waiting: list[Moment] = []
        self._tasks: list[asyncio.Task[Any]] = []

    # What the world does with it

    def take(self, moment: Moment) -> None:
        """Do what has fallen due, and all that follows from it at once."""
        if self.is_dead:
            return
        if self.is_stopped:
            self._waiting.append(moment)
            return
        if self.timeline.current is not self:
            self.timeline.current = self
            asyncio._set_running_loop(self)  # type: ignore[arg-type]
        ready = self._ready
        ready.append(moment)
        while ready:
            moment = ready.popleft()
            if moment.do is not None:
                moment.do(*moment.arguments)
        self.timeline.observe(self)

    def inside(self, ask: Callable[[], T]) -> T:
        """What one of its own objects says at this moment, although it may be stopped."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)  # type: ignore[arg-type]
        try:
            return ask()
        finally:
            asyncio._set_running_loop(before)

    def arrive(self, seconds: float, do: Callable[..., object], *arguments: Any) -> None:
        """Something from outside reaches it after so long."""
        self.timeline.after(seconds, self, do, *arguments)

    def kill(self) -> None:
        """SIGKILL."""
        self.is_dead = True
        self._ready.clear()

    def close(self) -> None:
        """Kill it and end what its tasks were at: the schedule is over, nothing is looked at any more.

        A coroutine that the garbage collector ends comes back to life for that, with all it refers to, and
        is gone through once more at the next collection.
        """
        self.kill()
        for task in self._tasks:
            coroutine = task.get_coro()
            if not task.done() and coroutine is not None:
                # One that awaits something while it ends cannot be ended; a group of tasks tells of its end.
                with suppress(RuntimeError, BaseExceptionGroup):
                    coroutine.close()
        self._tasks.clear()

    def stop(self) -> None:
        """SIGSTOP."""
        if not self.is_stopped:
            self.is_stopped, self._stopped_at = True, self.timeline.now

    def resume(self) -> None:
        """SIGCONT: timers and arrivals that have waited come at once, either kind first."""
        if not self.is_stopped:
            return
        self.is_stopped = False
        self.stopped_for += self.timeline.now - self._stopped_at
        waiting, self._waiting = self._waiting, []
        first = random.random() < 0.5
        for moment in sorted(waiting, key=lambda moment: moment.is_arrival is not first):
            self.take(moment)

    def boottime(self) -> float:
        """Its CLOCK_BOOTTIME."""
        return self._offset + self.timeline.now * self._rate

    # What asyncio asks of a loop

    def time(self) -> float:
        return self._offset + self.timeline.now * self._rate

    def call_soon(self, do: Callable[..., object], *arguments: Any, context: Any = None) -> Moment:
        moment = Moment(do, arguments, self)
        if not self.is_dead:
            self._ready.append(moment)
        return moment

    def call_at(self, when: float, do: Callable[..., object], *arguments: Any, context: Any = None) -> Moment:
        moment = Moment(do, arguments, self)
        self.timeline.put((when - self._offset) / self._rate, moment)
        return moment

    def call_later(
        self, seconds: float, do: Callable[..., object], *arguments: Any, context: Any = None
    ) -> Moment:
        return self.call_at(self.time() + seconds, do, *arguments)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def create_task(
        self, work: Coroutine[Any, Any, Any], *, name: str | None = None, context: Any = None
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=self, name=name)  # type: ignore[arg-type]
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tasks of a killed process complain that they were not finished."""

    def get_debug(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return self.is_dead
