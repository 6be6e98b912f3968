"""One text for an audience: what a caller may set of a campaign, how it is kept, and how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.campaigns.filter import Compiled, compiled, parse
from gateway.campaigns.state import State


@dataclass(frozen=True)
class Draft:
    """What a caller may set, named as in the table.

    Delays None: each device keeps its own. `lead_ids`: as the caller named them, None for a filter.
    """

    display_name: str
    text: str
    filter: str
    lead_ids: tuple[int, ...] | None
    min_delay: timedelta | None
    max_delay: timedelta | None
    variation: str | None
    on_unknown: str
    on_late: str
    late_tolerance: timedelta

    @property
    def compiled(self) -> Compiled | None:
        """The filter as Postgres evaluates it; None for every lead."""
        tree = parse(self.filter)
        return None if tree is None else compiled(tree)


@dataclass(frozen=True)
class Stored:
    """A campaign as it is kept.

    `listed_count`: leads that the caller named, None for a filter; `lead_count`: different leads among them.
    """

    id: int
    account_id: int
    display_name: str
    text: str
    filter: str
    listed_count: int | None
    lead_count: int
    min_delay: timedelta | None
    max_delay: timedelta | None
    variation: str | None
    on_unknown: str
    on_late: str
    late_after: timedelta
    state: State
    starts_at: datetime | None
    timezone: str
    ended_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """The resource name in the API."""
        return f"campaigns/{self.id}"

    @property
    def draft(self) -> Draft:
        """What a caller set of it; the leads of a list are not read again."""
        return Draft(
            display_name=self.display_name,
            text=self.text,
            filter=self.filter,
            lead_ids=None if self.listed_count is None else (),
            min_delay=self.min_delay,
            max_delay=self.max_delay,
            variation=self.variation,
            on_unknown=self.on_unknown,
            on_late=self.on_late,
            late_tolerance=self.late_after,
        )


@dataclass(frozen=True)
class Progress:
    """How far a campaign is at one moment: messages by state, and leads that the launch left out."""

    state: State
    at: datetime
    counts: dict[str, int]
    is_swept: bool
    suppressed: int
    no_consent: int
    erased: int
    device_parked: int
    leads: int
    done_leads: int
    plan_end: datetime | None
    listed_count: int | None
    lead_count: int


@dataclass(frozen=True)
class LocalMoment:
    """A time on a zone's clocks: None where they leave it out."""

    moment: datetime | None
    is_twice: bool
