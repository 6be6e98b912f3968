"""Peak memory of processes, as Linux counts it.

Of a process of ours it is the resident set's own high-water mark, which misses nothing between two looks.
Of a backend of Postgres it is the resident set without shared memory: the shared buffers that it has touched
count in each backend and are there once. That has no high-water mark, so it is looked at again and again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.local.processes import process_table

_EVERY_S = 0.2


def peak_rss_mb(pid: int) -> float:
    """The most a process has had resident so far; 0 when it has ended."""
    return _status_kib(pid).get("VmHWM", 0) * 1024 / 1e6


class BackendPeak:
    """Made by `backends_watched`; `mb` is that of the largest backend so far."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster
        self.mb = 0.0

    def look(self) -> None:
        """Looks at every backend that there is."""
        for each in process_table.tree(self._postmaster):
            kib = _status_kib(each.pid)
            self.mb = max(self.mb, (kib.get("VmRSS", 0) - kib.get("RssShmem", 0)) * 1024 / 1e6)


@asynccontextmanager
async def backends_watched(postmaster: int) -> AsyncIterator[BackendPeak]:
    """Looks at the processes of one Postgres until the block ends."""
    peak = BackendPeak(postmaster)

    async def watch() -> None:
        while True:
            peak.look()
            await asyncio.sleep(_EVERY_S)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        try:
            yield peak
        finally:
            watching.cancel()


def _status_kib(pid: int) -> dict[str, int]:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    fields = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) for name, size, _ in fields}
