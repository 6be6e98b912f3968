"""The term: until when this host may act on its leases, by its own clock.

Authority: dispatch, which writes the term to the database. The host counts the same term from the
moment it *asked* (it sent Hello or Renew), which is earlier than the moment dispatch granted it, less a
margin for the difference in clock speed and for what has left the worker but not yet the machine. So
the host stops before anybody else may start. A term that has once run out stays so: what the leases are
worth then, only dispatch can say, on a new stream (`restart`).
"""

from collections.abc import Callable

from shardhost.clock import boottime


class Term:
    """Ask `holds()` immediately before every send."""

    def __init__(self, margin: float, clock: Callable[[], float] = boottime) -> None:
        self.clock = clock
        self.length = 0.0
        self._margin = margin
        self._deadline = -1.0

    @property
    def deadline(self) -> float:
        """The moment on `clock` from which on nothing is sent."""
        return self._deadline

    def holds(self) -> bool:
        """Whether the host may act now."""
        return self.clock() < self._deadline

    def restart(self, asked_at: float, length: float) -> bool:
        """A new stream was welcomed. Returns whether the term before it lasted until now.

        Where it did not, every lease held before is void until it is granted again.
        """
        unbroken = self.holds()
        self.length = length
        self._deadline = asked_at + length - self._margin
        return unbroken

    def extend(self, asked_at: float) -> None:
        """A renewal was answered. Changes nothing once the term has run out."""
        if self.holds():
            self._deadline = max(self._deadline, asked_at + self.length - self._margin)
