"""The processes that run now: started, watched, killed, stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from infra.local.errors import StartFailed
from infra.local.mesh.errors import ProcessDied
from infra.local.mesh.process_specs import Part
from infra.local.mesh.readiness import is_listening, is_serving
from infra.local.processes.process import Process
from infra.local.servers.stack import LocalStack

READY_S = 60.0
_POLL_S = 0.05
# A process lives on through these.
_HARMLESS = frozenset({signal.SIGSTOP, signal.SIGCONT})


class Supervisor:
    """Knows which processes should live; `processes` has each that was started, by name."""

    def __init__(self, stack: LocalStack, log_path: Path) -> None:
        self.processes: dict[str, Process] = {}
        self._stack = stack
        self._log_path = log_path
        self._awaited: set[str] = set()

    async def spawn(self, part: Part) -> None:
        """Start it, after the end of its predecessor of the same name."""
        if part.name in self.processes:
            await self.processes[part.name].wait()
        log_path = self._log_path / f"{part.name}.log"
        self.processes[part.name] = await self._stack.spawn(part.name, part.argv, part.environment, log_path)
        self._awaited.add(part.name)

    async def until_serving(self, part: Part) -> None:
        """Return when it answers. Raises as `until`."""
        ask = is_listening if part.kind == "receiver" else is_serving
        await self.until(lambda: ask(part.address), part.name)

    def kill(self, name: str, number: int) -> None:
        """Send it a signal; its end is no surprise from now on, unless it lives on through it."""
        if number not in _HARMLESS:
            self._awaited.discard(name)
        self.processes[name].kill(number)

    async def stop(self, names: Iterable[str], seconds: float) -> list[int]:
        """Drain them at the same time, kill those that have not ended after `seconds`; the exit codes."""
        stopping = list(names)
        self._awaited.difference_update(stopping)
        return await asyncio.gather(*(self.processes[name].stop(seconds=seconds) for name in stopping))

    def should_live(self, name: str) -> bool:
        """Whether it was started and nobody asked for its end."""
        return name in self._awaited

    def check(self) -> None:
        """Return if every process lives that should.

        Raises:
            ProcessDied: one does not; it is told once.

        """
        for name in sorted(self._awaited):
            if not self.processes[name].alive:
                self._awaited.discard(name)
                raise ProcessDied(self.processes[name])

    async def until(self, probe: Callable[[], Awaitable[bool]], what: str, seconds: float = READY_S) -> None:
        """Ask again and again until the probe says yes.

        Raises:
            StartFailed: it has not in time.
            ProcessDied: a process ended meanwhile.

        """
        try:
            async with asyncio.timeout(seconds):
                while not await probe():
                    self.check()
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise StartFailed(f"{what}: not after {seconds:g} s; logs are in {self._log_path}") from error
