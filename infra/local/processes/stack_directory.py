"""The directory of one running stack: its files, the list of its processes, the lock that says it is in use.

The list and the lock are one file, `processes`. The launcher and its watchdog share one lock on it (one open
file, inherited), so it is held while either lives. A process that gets the lock knows that both have
ended: it may end what the list names and remove the directory. Standard library only: the watchdog runs
without a venv.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.processes import process_table

_PREFIX = "kompang-"
_LIST = "processes"

ENVIRONMENT = "KOMPANG_STACK_DIRECTORY"
"""Set for every process of a stack, so that one is found even if its launcher died before listing it."""


@dataclass(frozen=True)
class Child:
    """A listed process and the signals that end it, mildest first."""

    pid: int
    started: int
    signals: tuple[int, ...]

    @property
    def alive(self) -> bool:
        """Whether this very process, not a later one with its pid, still runs."""
        found = process_table.entry(self.pid)
        return found is not None and found.alive and found.started == self.started


class StackDirectory:
    """A stack's directory, locked by this process."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock
        """The file descriptor to hand to the watchdog."""

    @classmethod
    def create(cls, parent: Path) -> "StackDirectory":
        """Make a new directory, readable by this user only, and lock it."""
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        unlocked = path / f"{_LIST}.new"
        lock = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Renamed only when locked: a sweep by another launcher never sees the file without its lock.
        unlocked.rename(path / _LIST)
        return cls(path, lock)

    @classmethod
    def abandoned(cls, parent: Path) -> Iterator["StackDirectory"]:
        """The user's stack directories whose launcher and watchdog have both ended; locked when yielded."""
        for path in parent.glob(f"{_PREFIX}*"):
            if _is_own_directory(path) and (lock := _take_lock(path / _LIST)) is not None:
                yield cls(path, lock)

    def list_process(self, pid: int, signals: tuple[int, ...]) -> None:
        """Add a child that this process has not reaped yet, so that its pid is not used again."""
        found = process_table.entry(pid)
        if found is not None:
            os.write(
                self.lock, f"{pid} {found.started} {' '.join(str(int(each)) for each in signals)}\n".encode()
            )

    def children(self) -> list[Child]:
        """Every process ever listed, in order, those that ended included."""
        lines = (self.path / _LIST).read_text().splitlines()
        numbers = [[int(field) for field in line.split()] for line in lines]
        return [Child(pid, started, tuple(signals)) for pid, started, *signals in numbers]

    def unlock(self) -> None:
        """Give up this process's hold of the lock; the watchdog's stays."""
        os.close(self.lock)


def _is_own_directory(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:  # removed by its own watchdog meanwhile
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _take_lock(path: Path) -> int | None:
    try:
        lock = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    # Its watchdog may have removed it between the open and the lock; now only the holder of the lock may.
    if not path.exists():
        os.close(lock)
        return None
    return lock
