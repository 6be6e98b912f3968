"""What an account does now, counted."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from gateway.events.model import Stored
from gateway.events.place import Place


@dataclass(frozen=True)
class Devices:
    """An account's devices at one moment; `day_at`: when its day began."""

    slug: str
    at: datetime
    day_at: datetime
    ready: int
    sending: int
    pacing: int
    hostless: int
    held: int
    parked: int
    total: int
    # Since when a restore of the database holds all sending.
    restored_at: datetime | None = None


@dataclass(frozen=True)
class Arrivals:
    """Messages of a day that should have arrived, those that have not, and devices of which most have not."""

    accepted: int
    undelivered: int
    poor: int


@dataclass
class Piece:
    """Some events, counted: by state, sends by second, and which messages became unknown."""

    after: Place
    events: int = 0
    states: Counter[str] = field(default_factory=Counter)
    sends: Counter[datetime] = field(default_factory=Counter)
    unknown: list[int] = field(default_factory=list)
    # The newest events worth a line of their own, the newest first.
    notable: list[Stored] = field(default_factory=list)
