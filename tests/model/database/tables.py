"""The tables, and who hears of their changes.

The switches in `Guards` take one guard away each; they are for the negative controls.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.message.state import MessageState

_S = MessageState
# The name of a transport that can trace.
TRACEABLE = "simulated_traceable"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    """A time of the model as a timestamp."""
    return _BEGINNING + timedelta(seconds=seconds)


@dataclass
class Guards:
    """What the statements make sure of."""

    claim_respects_terms: bool = True
    claim_checks_epoch: bool = True
    claim_checks_lease: bool = True
    hand_checks_lease: bool = True
    hand_checks_epoch: bool = True
    hand_checks_pace: bool = True
    hand_checks_age: bool = True
    hand_checks_in_flight: bool = True
    hand_checks_gap: bool = True
    hand_checks_order: bool = True
    hand_checks_suppression: bool = True
    hand_checks_first_contacts: bool = True
    hold_checks_chat: bool = True
    hand_keeps_words: bool = True
    scan_tells_left_over: bool = True
    outcome_checks_epoch: bool = True
    one_wire_id: bool = True
    receipts_go_forward: bool = True


@dataclass(slots=True)
class HostRow:
    """Without a stream it is buried."""

    host_id: str
    session: str
    stream: int
    expires: float


@dataclass(slots=True)
class LeaseRow:
    """`version` stands for xmin."""

    epoch: int = 0
    incarnation: str | None = None
    version: int = 0


@dataclass(slots=True, eq=False)
class Device:
    """With its pace: `in_flight`, `last_sent`, and `pace_version` for its xmin."""

    id: int
    shard: int
    transport: str = "simulated"
    min_delay: float = 0.0
    max_delay: float = 0.0
    state: str = "active"
    reason: str = ""
    held_until: float = 0.0
    updated: float = 0.0
    in_flight: "Message | None" = None
    last_sent: float | None = None
    pace_version: int = 0
    # The leads it has a chat with, and how many more it may begin: of a day, and until when none.
    chats: set[int] = field(default_factory=set)
    chats_at_first: frozenset[int] = frozenset()
    first_cap: int = 0
    first_day: int | None = None
    first_count: int = 0
    first_slot: float | None = None
    first_held_until: float = 0.0
    first_hold: float = 0.0
    is_first_contact: bool = False
    messages: "list[Message]" = field(default_factory=list)

    @property
    def phone(self) -> str:
        return f"+6011{self.id:08}"


@dataclass(slots=True, eq=False)
class Message:
    id: int
    device: Device
    lead: int
    position: int
    scheduled_at: datetime
    due: float
    state: MessageState = _S.PENDING
    epoch: int | None = None
    attempts: int = 0
    not_before: float = -math.inf
    is_repeat: bool = False
    # When its words were settled, which they are, and whether for good.
    handed: float | None = None
    wording: int = 0
    is_settled: bool = False
    # The day on which it was handed last.
    day: int = 0

    def __repr__(self) -> str:
        return f"message {self.id}"


class Database:
    """`clock` tells its time; `on_state` hears of every step of a message, `on_end_of_flight` of one that is
    not in flight any more, `on_hand` of every hand and whether its lease was good when it was read,
    `on_grant` of every lease."""

    def __init__(self, clock: Callable[[], float], shards: int, guards: Guards) -> None:
        self.clock = clock
        self.guards = guards
        self.hosts: dict[str, HostRow] = {}
        self.leases = {shard: LeaseRow() for shard in range(shards)}
        self.grants: set[tuple[int, str, int]] = set()  # shard, incarnation, epoch
        self.devices_by_id: dict[int, Device] = {}
        self.messages: dict[int, Message] = {}
        self.leads: dict[int, list[Message]] = {}
        self.suppressed: dict[int, float] = {}  # since when
        self.ended: set[int] = set()  # leads whose enrollment is not active any more
        # How long a day is, and how long ago one began at time 0.
        self.day_s, self.day_offset = 86_400.0, 0.0
        self.wording: Callable[[], int] = lambda: 1  # of the one account
        self.on_state: Callable[[Message, MessageState], None] = lambda _message, _state: None
        self.on_end_of_flight: Callable[[Message], None] = lambda _message: None
        self.on_hand: Callable[[Message, bool], None] = lambda _message, _is_leased: None
        self.on_grant: Callable[[int, int, str], None] = lambda _shard, _epoch, _incarnation: None

    def add(self, device: Device) -> None:
        self.devices_by_id[device.id] = device

    def enroll(self, lead: int, device: Device, dues: Sequence[float], first_id: int) -> None:
        """A lead, its messages due at these times."""
        for number, due in enumerate(dues):
            message = Message(first_id + number, device, lead, number + 1, moment(due), due)
            self.messages[message.id] = message
            self.leads.setdefault(lead, []).append(message)
            device.messages.append(message)

    def suppress(self, lead: int) -> None:
        """The lead has said stop."""
        self.suppressed.setdefault(lead, self.clock())

    def holder(self, lease: LeaseRow) -> HostRow | None:
        return self.hosts.get(lease.incarnation or "")

    def day(self, at: float) -> int:
        """The number of a day in the account's zone."""
        return int((at + self.day_offset) // self.day_s)

    def midnight(self, day: int) -> float:
        """When this day ends."""
        return (day + 1) * self.day_s - self.day_offset

    def land(self, device: Device) -> None:
        """What was in flight is so no more."""
        if device.in_flight is not None:
            self.on_end_of_flight(device.in_flight)
        device.in_flight = None
        device.pace_version += 1

    def step(self, message: Message, state: MessageState) -> None:
        """To another state."""
        self.on_state(message, state)
        message.state = state
