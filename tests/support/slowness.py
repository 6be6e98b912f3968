"""How slow this machine is now, and time-outs that allow for that.

A time-out in a test says how long something takes on a calm machine of the usual speed, with room to spare.
`patient` stretches the time-out by the slowness: how much longer than there a process takes to start here,
and how many workers of the test run share a core. The slowness is measured once a session, before the workers
start, and every worker is told.
"""

import os
import subprocess
import sys
import time

_VARIABLE = "KOMPANG_TEST_SLOWNESS"
# What `_sample_s` takes on the calm machine that the time-outs were written for.
_USUAL_S = 0.12
_SAMPLES = 3
# Slower than this is not slow but broken.
_MOST = 20.0


def measure(workers: int = 1) -> float:
    """Measure, and tell this process and all that it starts.

    Args:
        workers: how many processes will run tests at the same time.

    """
    crowd = max(1.0, workers / (os.cpu_count() or 1))
    now = sorted(_sample_s() for _ in range(_SAMPLES))[_SAMPLES // 2]
    found = min(_MOST, max(1.0, now / _USUAL_S) * crowd)
    os.environ[_VARIABLE] = f"{found:.2f}"
    return found


def slowness() -> float:
    """1.0 on a calm machine of the usual speed, more on a slower or a busier one."""
    told = os.environ.get(_VARIABLE)
    return float(told) if told else measure()


def slowness_now() -> float:
    """By one sample: a test that watches for long asks again and again what the machine does meanwhile."""
    return min(_MOST, max(1.0, _sample_s() / _USUAL_S))


def patient(seconds: float) -> float:
    """The time-out `seconds`, stretched for this machine."""
    return seconds * slowness()


def _sample_s() -> float:
    """The start of a Python with some modules, and a little arithmetic: disk, kernel and processor."""
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, "-S", "-c", "import asyncio, json; sum(range(1_000_000))"],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return time.monotonic() - begin
