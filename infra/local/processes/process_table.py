"""The process table, read from /proc (Linux). Standard library only: the watchdog runs without a venv."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Entry:
    """One process. `started` (clock ticks since boot) tells it from a later process with the same pid."""

    pid: int
    state: str
    parent: int
    session: int
    started: int
    rss_bytes: int

    @property
    def alive(self) -> bool:
        """False for a zombie: it runs no code and waits only to be reaped."""
        return self.state not in "ZX"


def entry(pid: int) -> Entry | None:
    """The process with this pid, or None when there is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in brackets and may itself hold blanks and brackets.
    fields = stat.rpartition(")")[2].split()
    return Entry(
        pid=pid,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        started=int(fields[19]),
        rss_bytes=int(fields[21]) * _PAGE_BYTES,
    )


def entries() -> Iterator[Entry]:
    """Every process that exists now."""
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (found := entry(int(folder.name))):
            yield found


def tree(pid: int) -> list[Entry]:
    """The living process `pid` and what descends from it, parents first."""
    children: dict[int, list[Entry]] = {}
    for each in entries():
        children.setdefault(each.parent, []).append(each)
    root = entry(pid)
    found = [root] if root else []
    for each in found:
        found.extend(children.get(each.pid, []))
    return [each for each in found if each.alive]


def with_environment(setting: str) -> list[Entry]:
    """Living processes of this user that were started with exactly this `NAME=value` in their environment."""
    wanted = setting.encode()
    return [each for each in entries() if each.alive and wanted in _environment(each.pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        # Another user's process, or one that ended since it was listed: not ours to end.
        return []
