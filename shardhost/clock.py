"""The clock that terms are counted by."""

import time

# On platforms without it (macOS) the monotonic clock is the nearest; hosts in production run Linux.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boottime() -> float:
    """Seconds since boot. Runs on while the process is stopped and while the machine sleeps."""
    return time.clock_gettime(_CLOCK)
