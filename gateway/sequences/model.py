"""An ordered plan of steps: what a caller may set of it, and how it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.wording.wording import Greetings


@dataclass(frozen=True)
class Step:
    """One message: its text, and the time after the start of its sequence."""

    text: str
    offset: timedelta


@dataclass(frozen=True)
class Draft:
    """What a caller may set of a sequence; `next_slug` is empty at the end of a chain.

    `greetings` and `variation` are None where the sequence uses those of its account.
    """

    display_name: str
    trigger: str
    next_slug: str
    steps: tuple[Step, ...]
    on_unknown: str
    greetings: Greetings | None = None
    variation: str | None = None
    on_reply: str = "stop"
    on_reenter: str = "never"

    @property
    def revision_content(self) -> tuple[object, ...]:
        """The parts whose change makes a new revision."""
        return self.steps, self.greetings, self.variation


@dataclass(frozen=True)
class Counts:
    """Messages of one step that were sent; how many of these arrived, and of those were opened."""

    sent: int = 0
    delivered: int = 0
    read: int = 0


@dataclass(frozen=True)
class Stored:
    """A sequence as it is kept, with its newest steps."""

    id: int
    slug: str
    draft: Draft
    is_active: bool
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime
    # A step each.
    counts: tuple[Counts, ...] = ()

    @property
    def name(self) -> str:
        """The resource name in the API."""
        return f"sequences/{self.slug}"
