"""Pure: the quiet spells and midnights of time zones, as moments in seconds.

Postgres tells them, with the functions that the hand asks: there is one definition of what is quiet.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Spells = tuple[Sequence[float], Sequence[float]]
_NONE: Spells = ((), ())


@dataclass(frozen=True)
class Calendar:
    """Of one account, for some days from `first` on; after them the calendar knows nothing quiet.

    `midnights`: when its days begin. `spells`: for each zone when quiet spells begin, and when each ends.
    `spread_s`: seconds over which the messages of a spell become due after it.
    """

    first: date
    midnights: Sequence[float]
    spells: Mapping[str, Spells]
    spread_s: float

    def day(self, at: float) -> int:
        """The number of the day in the account's zone; only differences mean something."""
        return bisect_right(self.midnights, at)

    def number(self, day: date) -> int:
        """The number of a date's day."""
        return (day - self.first).days + 1

    def midnight(self, day: int) -> float:
        """When this day ends."""
        return self.midnights[day] if 0 <= day < len(self.midnights) else float("inf")

    def nights(self, timezone: str) -> Spells:
        """When the quiet spells of a zone begin, and when each of them ends."""
        return self.spells.get(timezone, _NONE)
