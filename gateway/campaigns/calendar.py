"""Pure: the nights and midnights of time zones, as moments in seconds."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# As in the schema: quiet hours begin so much early, because a message that was handed may be under way that
# long; and a night's messages are spread over so many seconds after it.
EARLY = timedelta(seconds=2)
SPREAD_S = 1800.0


class Calendar:
    """The nights of one account for some days from a day on; after them the calendar knows no night."""

    def __init__(
        self, begin: datetime, days: int, timezone: str, quiet_from: time | None, quiet_until: time | None
    ) -> None:
        self._first = begin.astimezone(UTC).date() - timedelta(days=2)
        self._days = days
        self._timezone = timezone
        self._quiet = (quiet_from, quiet_until) if quiet_from and quiet_until else None
        self._midnights = [_at(day, time(), _zone(timezone)) for day in self._dates()]
        self.nights = cache(self._nights)

    @property
    def spread_s(self) -> float:
        """Seconds over which a night's messages become due: 30 minutes, or less where the day is shorter."""
        if self._quiet is None:
            return 0.0
        begins, ends = (_seconds(moment) for moment in self._quiet)
        return float(min(SPREAD_S, (begins - ends) % 86_400 - EARLY.total_seconds()))

    def day(self, at: float) -> int:
        """The number of the day in the account's zone; only differences mean something."""
        return bisect_right(self._midnights, at)

    def number(self, day: date) -> int:
        """The number of a date's day."""
        return (day - self._first).days + 1

    def midnight(self, day: int) -> float:
        """When this day ends."""
        return self._midnights[day] if day < len(self._midnights) else float("inf")

    def _nights(self, timezone: str) -> tuple[list[float], list[float]]:
        """When the quiet hours of a zone begin, and when each of them ends."""
        if self._quiet is None:
            return [], []
        begins, ends = self._quiet
        zone = _zone(timezone, self._timezone)
        after = timedelta(days=begins > ends)
        dates = self._dates()
        return (
            [_at(day, begins, zone) - EARLY.total_seconds() for day in dates],
            [_at(day + after, ends, zone) for day in dates],
        )

    def _dates(self) -> list[date]:
        return [self._first + timedelta(days=n) for n in range(self._days + 4)]


def _zone(name: str, otherwise: str = "") -> tzinfo:
    """Postgres may know a zone that Python does not: then the account's, and for want of that UTC."""
    for known in (name, otherwise):
        try:
            return ZoneInfo(known)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


def _at(day: date, moment: time, zone: tzinfo) -> float:
    return datetime.combine(day, moment, zone).timestamp()


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
