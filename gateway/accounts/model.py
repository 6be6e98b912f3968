"""One business: what a caller may set of it, and how it is kept."""

from dataclasses import dataclass
from datetime import date, datetime, time

from gateway.wording.wording import Wording


@dataclass(frozen=True)
class Guards:
    """Which messages wait although they are due: quiet hours, and caps per person.

    The hours are local times, both or none. The caps are messages to one person in 24 and in 168 hours, 0 for
    no cap.
    """

    quiet_from: time | None = None
    quiet_until: time | None = None
    daily_cap: int = 0
    weekly_cap: int = 0


# Of new accounts; docs/design.md has them too.
DEFAULT_GUARDS = Guards(time(21), time(9), 2, 7)


@dataclass(frozen=True)
class OwnDay:
    """A day that the account adds to the quiet ones; or, not `is_quiet`, a holiday on which it works."""

    day: date
    name: str
    is_quiet: bool


@dataclass(frozen=True)
class QuietDay:
    """A day on which nobody is written to; `region` is empty for the account's own."""

    day: date
    name: str
    region: str
    is_estimated: bool


@dataclass(frozen=True)
class Draft:
    """What a caller may set of an account; the words are folded."""

    display_name: str
    timezone: str
    language: str
    country: str
    wording: Wording
    guards: Guards
    stop_words: tuple[str, ...] = ()
    start_words: tuple[str, ...] = ()
    # Confirms a stop word, sent as it stands; empty for none.
    stop_confirmation: str = ""
    # Bit 0 is Monday.
    quiet_weekdays: int = 0
    holiday_regions: tuple[str, ...] = ()
    days: tuple[OwnDay, ...] = ()


@dataclass(frozen=True)
class Stored:
    """An account as it is kept."""

    id: int
    slug: str
    draft: Draft
    version: int
    created_at: datetime
    quiet_days: tuple[QuietDay, ...] = ()

    @property
    def name(self) -> str:
        """The resource name in the API."""
        return f"accounts/{self.slug}"
