"""The shared memory that a killed Postgres leaves behind: one small System V segment.

A server that ends in good order removes it with its lock file, and one that starts again on the same cluster
frees its predecessor's. Standard library only: the watchdog runs without a venv.
"""

import ctypes
from pathlib import Path

_IPC_RMID = 0
_SEGMENT_LINE = 6


def free_shared_memory(lock_file: Path) -> None:
    """Remove the segment that this `postmaster.pid` names; nothing happens when there is none."""
    try:
        fields = lock_file.read_text().splitlines()[_SEGMENT_LINE].split()
    except (FileNotFoundError, IndexError):
        return
    key, segment = (int(field) for field in fields)
    libc = ctypes.CDLL(None)
    # A number can have been given out again since; with its key it is the same segment.
    if libc.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == segment:
        libc.shmctl(segment, _IPC_RMID, None)
