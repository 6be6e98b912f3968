"""What a move reads (an enrollment with its messages, the versions of its chain) and what a move decides."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.message.state import MessageState

# As a reply holds messages (services/dispatch/inbound/queries.sql), until somebody resumes the lead.
HELD_REASON = "replied"

_OVER = frozenset(MessageState) - {MessageState.PENDING, MessageState.HANDED, MessageState.UNKNOWN}


@dataclass(frozen=True)
class PlannedMessage:
    """A message of an enrollment, and its step: the `place`-th (from 1) of a revision of a sequence."""

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
        return self.state == MessageState.PENDING and self.attempts == 0

    @property
    def is_over(self) -> bool:
        """Nothing more comes of it by itself."""
        return self.state in _OVER


@dataclass(frozen=True)
class Enrollment:
    """One that has not ended, its messages in order; `flying_id`: the message its device has in flight."""

    enrollment_id: int
    head_id: int
    lead_id: int
    device_id: int
    is_held: bool
    created_at: datetime
    flying_id: int | None
    messages: Sequence[PlannedMessage]


@dataclass(frozen=True)
class NewestVersion:
    """The newest steps of a sequence: id, seconds from its start, and a key of the text, for each."""

    sequence_id: int
    next_id: int | None
    steps: Sequence[tuple[int, float, Hashable]]


@dataclass(frozen=True)
class ChainVersions:
    """`newest` by sequence, with all that links reach; `before`: the keys of texts, by (id, revision)."""

    newest: Mapping[int, NewestVersion]
    before: Mapping[tuple[int, int], Sequence[Hashable]]


@dataclass(frozen=True)
class RemainingStep:
    """A step that is still to come, and how long after the last message (or the enrollment) it is due."""

    step_id: int
    after: timedelta


@dataclass(frozen=True)
class Kept:
    """A message that keeps its time and becomes another step."""

    message: PlannedMessage
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
    """The changes to one enrollment. `ends`: no message is to come any more."""

    enrollment: Enrollment
    message_count: int
    ends: bool
    kept: Sequence[Kept] = field(default=())
    added: Sequence[Added] = field(default=())
    dropped: Sequence[PlannedMessage] = field(default=())


@dataclass(frozen=True)
class Moved:
    """Leads, and the messages of those moved: written anew, more and less than before.

    `failed`: leads that stay as they are because each failed alone.
    """

    leads: int = 0
    unchanged: int = 0
    waiting: int = 0
    rewritten: int = 0
    added: int = 0
    dropped: int = 0
    failed: int = 0

    @classmethod
    def of(cls, move: Move) -> "Moved":
        """One lead."""
        before, after = len(move.kept) + len(move.dropped), len(move.kept) + len(move.added)
        both = min(before, after)
        return cls(leads=1, rewritten=both, added=after - both, dropped=before - both)

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.leads + other.leads,
            self.unchanged + other.unchanged,
            self.waiting + other.waiting,
            self.rewritten + other.rewritten,
            self.added + other.added,
            self.dropped + other.dropped,
            self.failed + other.failed,
        )
