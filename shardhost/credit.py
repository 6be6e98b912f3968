"""The credit of one device: what dispatch may conclude about what it handed.

A credit says: nothing is in hand, and the session is live under the epoch of the lease. It is given once,
with an outcome, or by itself when no outcome waits for its acknowledgement; it is spent by a message, and
lost with the session or the stream.

Dispatch concludes from a credit that whatever it handed before has not arrived. That is wrong for a
message that crosses a credit given after a reconnection, and then it comes twice. So the device
remembers its last message: one that comes again while in hand is ignored, one that has gone is reported
again and not sent again.
"""

from shardhost.attempt import Hand
from shardhost.outcomes import Report


class Credit:
    """The credit of one device, and its outcomes that are not acknowledged."""

    __slots__ = ("_is_out", "_latest", "_unacknowledged")

    def __init__(self) -> None:
        self._is_out = False
        self._latest: Report | None = None
        self._unacknowledged = 0

    @property
    def is_settled(self) -> bool:
        """Whether every outcome is acknowledged."""
        return not self._unacknowledged

    @property
    def is_out(self) -> bool:
        """Whether dispatch has it, as far as this host knows."""
        return self._is_out

    def give(self) -> None:
        """Dispatch learns of the credit now."""
        self._is_out = True

    def take_back(self) -> None:
        """Spent by a message, or lost with the session or the stream."""
        self._is_out = False

    def reported(self, report: Report) -> None:
        """An outcome waits to be acknowledged; it alone may carry the credit."""
        self._latest = report
        self._unacknowledged += 1

    def acknowledged(self) -> None:
        """One outcome is committed."""
        self._unacknowledged = max(0, self._unacknowledged - 1)

    def is_latest(self, report: Report) -> bool:
        """Whether no outcome came after this one."""
        return report is self._latest

    def last_word_on(self, hand: Hand) -> Report | None:
        """The latest outcome, if it is of this very message."""
        last = self._latest
        return last if last and last.message.message_id == hand.message.message_id else None
