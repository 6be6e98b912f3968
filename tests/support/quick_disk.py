"""Where the servers of the tests keep their files: in memory, if there is room for them."""

import os
from pathlib import Path

_MEMORY = Path("/dev/shm")
# Postgres may keep 2 GB of its log; half of the machine's memory is what a tmpfs gets by default.
_ENOUGH_BYTES = 4 << 30


def quick_disk(memory: Path = _MEMORY) -> Path | None:
    """A folder in memory, or None for the usual place.

    A test begins with a database of its own: some 300 small files, 0.01 s in memory, 0.4 s on a disk that
    is slow at making files.
    """
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return None
    found = os.statvfs(memory)
    return memory if found.f_bavail * found.f_frsize >= _ENOUGH_BYTES else None
