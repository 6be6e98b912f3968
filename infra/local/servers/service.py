"""One server program of the stack: started until it is ready, stopped, killed, paused and started again."""

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from pathlib import Path

from infra.local.errors import StartFailed
from infra.local.processes import process_table
from infra.local.processes.process import MILD_TO_HARSH, Process, ended
from infra.local.processes.stack_directory import StackDirectory

# Many times the usual duration: the machine may be slow, and a server that ends is noticed at once.
_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.01


class Service(ABC):
    """A server that keeps its address and its folder through restarts.

    Use it from one place at a time: a service is not started and stopped concurrently.
    """

    signals: tuple[int, ...] = MILD_TO_HARSH

    def __init__(self, name: str, directory: StackDirectory) -> None:
        self.name = name
        self.directory = directory
        self.folder = directory.path / name
        self.log_path = directory.path / "log" / f"{name}.log"
        self._process: Process | None = None
        self._killed: list[int] = []

    @abstractmethod
    def _command(self) -> list[str]:
        """Program and arguments."""

    @abstractmethod
    async def _is_ready(self) -> bool:
        """Whether it serves now; called repeatedly until it does, must return within a second or two."""

    @property
    def process(self) -> Process:
        """The running process.

        Raises:
            RuntimeError: the service was never started.

        """
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    async def start(self) -> None:
        """Start, or start again, and return when it serves. Nothing happens when it runs.

        Raises:
            StartFailed: it ended, or is not ready after 90 s.

        """
        if self._process is not None and self._process.alive and not self._killed:
            return
        await self._until_killed_are_gone()
        self._process = await Process.spawn(
            self.directory,
            self.name,
            self._command(),
            log_path=self.log_path,
            env=self._environment(),
            signals=self.signals,
        )
        await self._until_ready(self._process)

    async def stop(self) -> None:
        """Stop in good order."""
        await self._stop(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL it with all its children, as when the power goes."""
        # Paused first: it starts no further child between the count and the kill.
        self.pause()
        self._killed = [each.pid for each in process_table.tree(self.process.pid)]
        self._signal_tree(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP it with all its children: connections stay open and nothing answers."""
        self.process.kill(signal.SIGSTOP)
        self._signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT it with all its children: they run again after `pause`."""
        self._signal_tree(signal.SIGCONT)

    async def reap(self) -> None:
        """Wait for its end; the watchdog ends it."""
        if self._process is not None:
            await self._process.wait()

    async def _stop(self, number: int) -> None:
        await self.process.stop(number, _STOP_SECONDS)

    def _signal_tree(self, number: int) -> None:
        if self.process.alive:
            for each in process_table.tree(self.process.pid):
                with contextlib.suppress(ProcessLookupError):  # ended by itself meanwhile
                    os.kill(each.pid, number)

    def _environment(self) -> dict[str, str]:
        """Only what the program needs: the user's PG* and locale settings must not change the stack."""
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder), "LC_ALL": "C"}

    async def _until_killed_are_gone(self) -> None:
        """A process that is still ending can hold the port or the lock of the one to come."""
        if self._process is not None:
            await self._process.wait()
        await asyncio.gather(*(ended(pid) for pid in self._killed))
        self._killed = []

    async def _until_ready(self, process: Process) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._is_ready():
                    if not process.alive:
                        raise StartFailed(f"{self.name} ended while starting:\n{self._tail()}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise StartFailed(f"{self.name} not ready after {_START_SECONDS:g} s:\n{self._tail()}") from error

    def _tail(self) -> str:
        return self.process.tail()


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read: it holds a password."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
