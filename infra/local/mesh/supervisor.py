"""Starts, watches, kills and stops the processes of a mesh."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from infra.local.errors import StartFailed
from infra.local.mesh.errors import ProcessDied
from infra.local.mesh.process_specs import ProcessSpec
from infra.local.mesh.readiness import is_listening, is_serving
from infra.local.processes.process import Process
from infra.local.servers.stack import LocalStack

# Many times the usual duration: the machine may be slow and busy, and a process that ends is noticed at once.
READY_S = 180.0
# A probe costs the time of those who are waited for: the pause is a tenth of the wait so far, within these.
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.05, 0.2
# These signals end no process.
_HARMLESS = frozenset({signal.SIGSTOP, signal.SIGCONT})


class Supervisor:
    """Knows which processes should live; `processes` has each that was started, by name."""

    def __init__(self, stack: LocalStack, log_path: Path) -> None:
        self.processes: dict[str, Process] = {}
        self._stack = stack
        self._log_path = log_path
        self._awaited: set[str] = set()

    async def spawn(self, spec: ProcessSpec) -> None:
        """Start the process, after the end of its predecessor of the same name."""
        if spec.name in self.processes:
            await self.processes[spec.name].wait()
        log_path = self._log_path / f"{spec.name}.log"
        self.processes[spec.name] = await self._stack.spawn(spec.name, spec.argv, spec.environment, log_path)
        self._awaited.add(spec.name)

    async def until_serving(self, spec: ProcessSpec) -> None:
        """Return when the process serves. Raises as `until`."""
        ask = is_listening if spec.kind == "receiver" else is_serving
        await self.until(lambda: ask(spec.health_address), spec.name)

    def kill(self, name: str, number: int) -> None:
        """Send the process a signal; unless the signal is harmless, `check` ignores its end from now on."""
        if number not in _HARMLESS:
            self._awaited.discard(name)
        self.processes[name].kill(number)

    async def stop(self, names: Iterable[str], seconds: float) -> list[int]:
        """Drain the processes at the same time, kill the rest after `seconds`; the exit codes."""
        stopping = list(names)
        self._awaited.difference_update(stopping)
        return await asyncio.gather(*(self.processes[name].stop(seconds=seconds) for name in stopping))

    def should_live(self, name: str) -> bool:
        """Whether the process was started and nobody asked for its end."""
        return name in self._awaited

    def check(self) -> None:
        """Return if every process lives that should.

        Raises:
            ProcessDied: one does not; each dead process is reported once.

        """
        for name in sorted(self._awaited):
            if not self.processes[name].alive:
                self._awaited.discard(name)
                raise ProcessDied(self.processes[name])

    async def until(self, probe: Callable[[], Awaitable[bool]], what: str, seconds: float = READY_S) -> None:
        """Repeat the probe until its answer is yes.

        Raises:
            StartFailed: the answer was not yes in time.
            ProcessDied: a process ended meanwhile.

        """
        begun = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                while not await probe():
                    self.check()
                    waited = time.monotonic() - begun
                    await asyncio.sleep(min(max(waited / 10, _LEAST_PAUSE_S), _MOST_PAUSE_S))
        except TimeoutError as error:
            raise StartFailed(f"{what}: not after {seconds:g} s; logs are in {self._log_path}") from error
