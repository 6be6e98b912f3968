"""A process of the stack or the mesh; the watchdog ends it if nobody else does."""

import asyncio
import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.processes import process_table
from infra.local.processes.stack_directory import ENVIRONMENT, StackDirectory

MILD_TO_HARSH = (signal.SIGTERM, signal.SIGKILL)


class Process:
    """A child of this process in a session of its own, so that Ctrl-C reaches the launcher only.

    Its methods may be used from any event loop.
    """

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._popen = popen

    @classmethod
    async def spawn(
        cls,
        directory: StackDirectory,
        name: str,
        argv: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        signals: Sequence[int] = MILD_TO_HARSH,
    ) -> "Process":
        """Start `argv`; its output is appended to `log_path`.

        Args:
            directory: the stack it belongs to and ends with.
            name: its name in messages.
            argv: program and arguments.
            log_path: file for its standard output and error.
            env: its whole environment; None for a copy of this process's.
            signals: what ends it when the stack ends, mildest first; the last one must be SIGKILL.

        Raises:
            OSError: the program cannot be run.

        """
        environment = {**(os.environ if env is None else env), ENVIRONMENT: str(directory.path)}
        # Not in a thread: a cancellation must not come between the start and the listing.
        popen = _popen(argv, environment, log_path)
        directory.list_process(popen.pid, tuple(signals))
        return cls(name, popen, log_path)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its session and process group."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self._popen.poll()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal; nothing happens when it has ended."""
        self._popen.send_signal(number)

    async def wait(self) -> int:
        """Wait for its end, as often and from as many places as wanted; returns `returncode`."""
        if self._popen.poll() is None:
            await ended(self.pid)
        return self._popen.wait()

    async def stop(self, number: int = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Send a signal that asks the process to end, kill it after `seconds`; returns `returncode`."""
        self.kill(number)
        try:
            async with asyncio.timeout(seconds):
                return await self.wait()
        except TimeoutError:
            self.kill()
            return await self.wait()

    def rss_bytes(self) -> int:
        """Resident memory without that of its children; 0 when it has ended."""
        found = process_table.entry(self.pid) if self.alive else None
        return found.rss_bytes if found else 0

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, for a message to a person."""
        return tail(self.log_path, lines)


def tail(path: Path, lines: int) -> str:
    """The last lines of a file."""
    with path.open(errors="replace") as file:
        return "".join(deque(file, maxlen=lines)).rstrip()


async def ended(pid: int) -> None:
    """Wait for the end of any process of this machine; return at once when there is none with this pid."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await _readable(handle)
    finally:
        os.close(handle)


def _popen(argv: Sequence[str], env: Mapping[str, str], log_path: Path) -> "subprocess.Popen[bytes]":
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        return subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


async def _readable(handle: int) -> None:
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(handle, _set, readable)
    try:
        await readable
    finally:
        loop.remove_reader(handle)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
