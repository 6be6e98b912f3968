"""A lead's way through a chain, as it is and as it is to become; and the sequences it may go on through."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# As a reply holds messages (services/dispatch/inbound/queries.sql), until somebody resumes the lead.
HELD_REASON = "replied"

_OVER = frozenset({"sent", "delivered", "read", "failed", "cancelled", "suppressed", "expired"})


@dataclass(frozen=True)
class Written:
    """A message of the way, and the step it is of: the `place`-th (from 1) of a revision of a sequence."""

    id: int
    scheduled_at: datetime
    state: str
    position: int
    attempts: int
    not_before: datetime | None
    reason: str | None
    sent_at: datetime | None
    step_id: int
    sequence_id: int
    revision: int
    place: int

    @property
    def is_open(self) -> bool:
        """Never handed, and still to go."""
        return self.state == "pending" and self.attempts == 0

    @property
    def is_over(self) -> bool:
        """Nothing more comes of it by itself."""
        return self.state in _OVER


@dataclass(frozen=True)
class Way:
    """An enrollment in flight with its messages in order; `flying_id`: what its device has in flight."""

    enrollment_id: int
    head_id: int
    lead_id: int
    device_id: int
    is_held: bool
    created_at: datetime
    flying_id: int | None
    messages: Sequence[Written]


@dataclass(frozen=True)
class Newest:
    """The newest steps of a sequence: ids, seconds from its start, and what each says."""

    sequence_id: int
    next_id: int | None
    steps: Sequence[tuple[int, float, Hashable]]


@dataclass(frozen=True)
class Book:
    """`newest` by sequence, with all that links reach; `before`: what revisions said, by (id, revision)."""

    newest: Mapping[int, Newest]
    before: Mapping[tuple[int, int], Sequence[Hashable]]


@dataclass(frozen=True)
class Ahead:
    """A step that is still to come, and how long after the last message, or after the enrollment."""

    step_id: int
    after: timedelta


@dataclass(frozen=True)
class Kept:
    """A message that keeps its time and becomes another step."""

    message: Written
    step_id: int
    position: int


@dataclass(frozen=True)
class Added:
    """A message that is new, or an old one at another time."""

    step_id: int
    position: int
    scheduled_at: datetime
    not_before: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Move:
    """What becomes of a way. `ends`: nothing is to come any more."""

    way: Way
    message_count: int
    ends: bool
    kept: Sequence[Kept] = field(default=())
    added: Sequence[Added] = field(default=())
    dropped: Sequence[Written] = field(default=())
