"""What a shard host asks of a network: sessions of devices, and sends through them.

A transport carries every session of its host. `run` is its one loop and belongs to the caller's
TaskGroup: where it dies, the process dies. The rules that all transports keep:

- A send ends in exactly one of four ways: `Accepted`, `SendRefused` (it did not go and the network
  said why), `NotSent` (it did not leave), `SendAmbiguous` (it may have gone). Whatever cannot be
  proven is `SendAmbiguous`: a deadline that passed, a session lost meanwhile, an error text nobody
  knows. A send that is cancelled counts as ambiguous too.
- What is said is said of this attempt: `SendRefused` and `NotSent` prove nothing of an earlier
  attempt that ended as ambiguous. Only `Accepted` settles that, and `Session.trace`.
- A `SessionEvent` ends its session, and each session has at most one. Sends still pending end
  before the event is reported; later ones raise at once. The host decides whether to open another.
- A session of which the events stopped while its connection stands hears no STOP and no receipt. A transport
  notices that, ends the session and says so (`PUMP_LOST`); the host opens another.
- With `SessionKey.proxy` set, no connection of the device goes past the proxy: one that cannot be had
  through it is OpenRefused(TRANSIENT).
- The newest session of a device wins, wherever it is opened.
- What people write to a device is passed to `on_inbound`, at least once: a network that keeps it delivers it
  again, under the same `inbound_id`, on each later session until `Session.confirm`. One that keeps nothing
  delivers it once, and `confirm` does nothing.
- What the network tells of a message after it took it (it arrived, it was opened) is passed to
  `on_receipt`, at least once, in any order, also before the answer to its send, and whatever session sent
  it. A network that keeps receipts tells each again on each later session until `Session.confirm_receipt`.
- `wire_id` names the message at every attempt. A REPEATABLE network never delivers a second send under
  the same id. Elsewhere (the network chooses ids itself) a second send is a second message; a TRACEABLE
  transport uses `wire_id` to find out what became of the attempts before. Which of the network's ids is which
  it keeps where the device's next host finds it, for receipts are told under the `wire_id` too.
- `Fate.NEVER_WENT` lets the message be sent anew, so it is said of all attempts under the id, those of other
  hosts too, and only where none of them can go any more: the session has displaced every older one, what
  an older one still has under way is refused before it leaves, and of this session nothing is under way.
- Between the host's last look at its lease and the wire stands nothing slow: whatever must be looked up
  for a send (the recipient's identity, keys, devices) is looked up by `Session.prepare`, before that look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol

from shardhost.transports.receipt import Receipt


class Failure(IntEnum):
    """Why a network refused; the numbers are those of `kompang.dispatch.v1.Failure`."""

    TRANSIENT = 1
    RATE_LIMITED = 2
    TEMPORARY_BAN = 3
    REACH_OUT_LIMIT = 4
    LOGGED_OUT = 5
    BANNED = 6
    REPLACED = 7
    NOT_ON_WHATSAPP = 8
    INVALID_MESSAGE = 9
    CLIENT_OUTDATED = 11
    NOT_PAIRED = 12
    LOCKED = 13
    PUMP_LOST = 14


class BanReason(IntEnum):
    """What a network says that a ban is for; the numbers are those of `kompang.dispatch.v1.BanReason`."""

    UNSPECIFIED = 0
    SENT_TO_TOO_MANY_PEOPLE = 1
    BLOCKED_BY_USERS = 2
    CREATED_TOO_MANY_GROUPS = 3
    SENT_TOO_MANY_SAME_MESSAGE = 4
    BROADCAST_LIST = 5
    OTHER = 6

    @classmethod
    def _missing_(cls, _value: object) -> BanReason:
        """A code that a later version of the network gives."""
        return cls.OTHER


# No network means more by a hold, and no frame takes much more.
LONGEST_HOLD_S = 366.0 * 86_400


def bounded_hold(hold: float | None) -> float:
    """The seconds that a network said to wait, 0 where it said nothing that makes sense."""
    return min(hold, LONGEST_HOLD_S) if hold is not None and hold > 0 else 0.0


class TransportKind(Enum):
    """What can be done about a send of which nobody knows whether it went."""

    # The same send again: the network knows its id, and delivers it once.
    REPEATABLE = "repeatable"
    # A question: the transport can find out what became of it.
    TRACEABLE = "traceable"
    # Nothing.
    PLAIN = "plain"


class Fate(Enum):
    """What became of all attempts under one id."""

    WENT = "went"
    NEVER_WENT = "never_went"
    # One may be under way, or nothing proves either.
    UNCLEAR = "unclear"


class SessionEnd(Enum):
    """How a session ended without the host closing it."""

    DISCONNECTED = "disconnected"
    REPLACED = "replaced"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    TEMPORARY_BAN = "temporary_ban"
    CLIENT_OUTDATED = "client_outdated"
    NOT_PAIRED = "not_paired"
    LOCKED = "locked"
    PUMP_LOST = "pump_lost"


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """The end of a session; `hold` is how many seconds a temporary ban lasts, `reason` what a ban is for.

    Both only if the network said.
    """

    end: SessionEnd
    hold: float | None = None
    reason: BanReason = BanReason.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody wrote to a device; `inbound_id` is the network's and the device's own.

    `sender`: the number, digits only, as the network knows it; empty where it told none. `lid`: the network's
    own identity of the person, where it told one. A transport gives both where it knows both, also when the
    network told only one of them: what leads from the identity to the number is how a STOP finds its person.
    """

    inbound_id: str
    sender: str
    text: str
    lid: str = ""


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A device and the epoch of the lease under which its session is opened; `phone` is digits only.

    `jid`: as the last session told it. `proxy`: a URL with what the proxy asks for, so it is not shown;
    empty: none.
    """

    device_id: int
    phone: str
    epoch: int
    jid: str = ""
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to one recipient (digits only); `traceparent` is empty when the trace is not sampled.

    `is_first_contact`: nothing that is known of went between the device and this person before.
    """

    recipient: str
    text: str
    wire_id: str
    traceparent: str = ""
    is_first_contact: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The network has taken the message.

    `age` is how many seconds ago, and never more than the truth: pacing counts from the latest
    moment at which it may have happened, so a transport that cannot know says 0. `repeated` says
    that an earlier attempt had been accepted, and `age` is then counted from that one.

    `lid` and `number`: what the network knows the recipient by, its own identity of the person and the number
    in its own form; empty where it did not tell. So a STOP that comes from the identity alone finds somebody
    who never wrote before.
    """

    age: float
    repeated: bool = False
    lid: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Traced:
    """What became of the attempts under an id.

    `age`, for WENT: how many seconds ago the network took it; as in `Accepted`, never more than the truth.
    """

    fate: Fate
    age: float = 0.0


UNCLEAR = Traced(Fate.UNCLEAR)


class TransportError(Exception):
    """The root of what a transport raises."""


class SendRefused(TransportError):
    """The message did not go; `hold` is how many seconds the network said to wait, if it did.

    `reason`: what a ban is for, if it said.
    """

    def __init__(
        self, failure: Failure, hold: float | None = None, reason: BanReason = BanReason.UNSPECIFIED
    ) -> None:
        super().__init__(failure.name.lower())
        self.failure = failure
        self.hold = hold
        self.reason = reason


class NotSent(TransportError):
    """The message did not leave the host: its session had ended or the transport is congested."""


class SendAmbiguous(TransportError):
    """The message may have gone: no answer came."""


class OpenRefused(TransportError):
    """The session did not open; TRANSIENT also stands for a deadline that passed or an absent network."""

    def __init__(
        self, failure: Failure, hold: float | None = None, reason: BanReason = BanReason.UNSPECIFIED
    ) -> None:
        super().__init__(failure.name.lower())
        self.failure = failure
        self.hold = hold
        self.reason = reason


class Session(Protocol):
    """The live connection of one device."""

    @property
    def jid(self) -> str:
        """The network's own name of the number and its link; empty where it has none."""

    async def prepare(self, recipient: str) -> None:
        """Look up what a send to this number (digits only) needs, and keep it, so that the send is quick.

        Nothing goes to the recipient. It may be cancelled at any time; what was found by then need not be
        looked up again. Raises SendRefused where the look-up proves that no send can succeed, NotSent where
        it cannot be done now.
        """

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send one message and wait for the network's word, at most the transport's own deadline.

        Raises SendRefused, NotSent or SendAmbiguous.
        """

    async def trace(self, wire_id: str) -> Traced:
        """Find out what became of the attempts under an id, within the transport's own deadline.

        Nothing goes. Whatever cannot be proven is UNCLEAR: also what was asked after the session's end, of a
        transport that is not TRACEABLE, or without an answer.
        """

    def confirm(self, inbound_id: str) -> None:
        """Tell the network that a text is recorded and need not come again; after the end, nothing."""

    def confirm_receipt(self, receipt: Receipt) -> None:
        """Tell the network that a receipt is recorded and need not come again; after the end, nothing."""

    async def close(self) -> None:
        """End the session; no event follows. Pending sends end as SendAmbiguous. Safe to repeat."""


class Transport(Protocol):
    """One kind of network, for all devices of this process that use it."""

    @property
    def kind(self) -> TransportKind:
        """What can be done about an ambiguous send; the schema says the same (`can_repeat`, `can_trace`)."""

    @property
    def version(self) -> str:
        """Of the client: what a network says of one version (it is outdated) says nothing of another."""

    async def run(self) -> None:
        """Serve the sessions until `close` or cancellation; an exception here is a defect."""

    async def open(
        self,
        device: SessionKey,
        on_event: Callable[[SessionEvent], None],
        on_inbound: Callable[[Inbound], None],
        on_receipt: Callable[[Receipt], None],
    ) -> Session:
        """Open the device's session, within the transport's own deadline. Raises OpenRefused.

        All are called on the event loop and must not block or raise: `on_event` at most once,
        `on_inbound` for each text and `on_receipt` for each receipt, also before `open` has returned.
        """

    async def close(self) -> None:
        """Close every session without an event and end `run`. Safe to repeat."""
