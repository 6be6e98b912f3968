"""How much of the time a thread has had work: while it ran, and while it waited for a processor.

The second part tells on a crowded machine what the first alone hides: a thread that is given half of a
processor, and could use two of them, is busy all the time.
"""

import threading
import time
from pathlib import Path

_NS = 1e9


class Busyness:
    """Of the thread that makes it. Where the system does not tell (not Linux), it is never busy."""

    def __init__(self) -> None:
        self._told = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._worked_s, self._at = self._work_s(), time.monotonic()

    def since_last(self) -> float:
        """The part of the time since the last question, 0 to 1."""
        before_s, before = self._worked_s, self._at
        self._worked_s, self._at = self._work_s(), time.monotonic()
        return min(1.0, (self._worked_s - before_s) / max(1e-6, self._at - before))

    def _work_s(self) -> float:
        try:
            ran_ns, waited_ns, _ = self._told.read_text().split()
        except (OSError, ValueError):
            return 0.0
        return (int(ran_ns) + int(waited_ns)) / _NS
