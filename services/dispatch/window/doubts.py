"""Pure: how much of what a window gave was of no use, lately."""

import time
from collections.abc import Callable

_SPAN_S = 10.0
# Entries that no scan wrote are somebody's doing or a fault, even a few of them; one stray key is neither.
_MOST_JUNK = 8
# Some messages have ended when their entry is taken: many after a cancel, a few at any time.
_MOST_UNUSED = 50


class Doubts:
    """Counts within a span of time; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Begins anew."""
        self._since = self._clock()
        self._junk = self._unused = self._taken = 0

    def add(self, *, taken: int = 0, junk: int = 0, unused: int = 0) -> None:
        """Entries that came out; of them or beside them, what no scan wrote; and those gone or lost."""
        if self._clock() - self._since > _SPAN_S:
            self.forget()
        self._taken += taken
        self._junk += junk
        self._unused += unused

    @property
    def are_too_many(self) -> bool:
        """Whether the devices would fare better without this window."""
        is_spoilt = self._unused >= _MOST_UNUSED and 2 * self._unused > self._taken
        return self._junk >= _MOST_JUNK or is_spoilt
