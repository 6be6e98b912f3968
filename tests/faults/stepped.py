"""`python -m tests.faults.stepped MODULE`: a process of the mesh whose wall clock can be set while it runs.

What stands for libfaketime where there is none. The clock is off by the number of seconds in the file that
KOMPANG_FAULTS_CLOCK names; without that, it is right. Clocks that nobody can set, monotonic ones, are left.
"""

import datetime as dt
import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path

VARIABLE = "KOMPANG_FAULTS_CLOCK"

_datetime = dt.datetime
_time_ns = time.time_ns


class _Kind(type):
    """What C makes is no instance of the class below, and shall pass for one."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class Stepped(_datetime, metaclass=_Kind):
    """`now` by the clock that is off."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        """As in the standard library."""
        return _datetime.fromtimestamp(time.time(), tz)


def step(offset_ns: Callable[[], int]) -> None:
    """Replace the wall clock of this process."""
    time.time_ns = lambda: _time_ns() + offset_ns()
    time.time = lambda: time.time_ns() / 1e9
    dt.datetime = Stepped  # type: ignore[misc]


def main() -> None:
    """Set the clock, and become the process."""
    if VARIABLE in os.environ:
        path = Path(os.environ[VARIABLE])
        step(lambda: int(float(path.read_text()) * 1e9))
    [module] = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
