"""The promises that a reconciliation checks, and its result."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from services.message.state import MessageState

_WENT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)


class Invariant(StrEnum):
    """One promise each; the text says what holds while it is kept."""

    LOST = "a message that is sent in Postgres is in the ledger"
    UNRECORDED = "a message that is in the ledger is sent, or unknown, in Postgres"
    TWICE = "a message is delivered at most once"
    UNKNOWN_ID = "every id in the ledger belongs to a message"
    RECIPIENT = "a message goes to its lead's number"
    DEVICE = "a message goes through its own device"
    TEXT = "the text that was delivered is the one Postgres keeps the hash of"
    SHOWN = "the gateway renders the text that was delivered again, byte for byte"
    SAME_TEXT = "a repeat has the text of the first attempt"
    ORDER = "a lead gets the steps in order"
    PACING = "a device keeps its least delay between two sends, across hosts"
    EPOCH = "the epochs under which a device sends never go back"
    OPTED_OUT = "nothing is accepted later than 2 s after an opt-out, except one answer to a stop word"
    ERASED = "nothing is accepted later than 2 s after the lead was erased"
    HELD = "nothing of a campaign is accepted from 2 s after a pause until the resume, nor after a cancel"
    INCOMPLETE = "an enrollment has each of its messages exactly once"
    ROUNDS = "a lead's rounds through a chain count from 1, and only the last one is open"
    ONE_PER_LEAD = "a lead of a campaign has one message of it, and the campaign lists that message"
    COUNTED = "a campaign's counts are the counts of its message rows"
    UNFINISHED = "no message is pending or handed at the end"
    ARRIVED = "a message is delivered or read in Postgres if, and only if, the network has told it"
    UNKNOWN = "no message is unknown at the end, unless its lead, enrollment or campaign was stopped"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise; `subject` is a resource name or an id on the wire, never a phone number."""

    invariant: Invariant
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant.name.lower()}: {self.subject}: {self.text}"


@dataclass(frozen=True)
class Report:
    """Counts, and every violation in the order of the checks."""

    states: dict[str, int]
    enrolled: int
    ledger_unique: int
    """How many different ids the network accepted."""
    ledger_repeats: int
    """Sends of an id that the network had accepted before: acknowledged, not delivered again."""
    violations: tuple[Violation, ...]
    shown: int | None = None
    """Delivered texts that the gateway rendered again exactly; None when nobody asked for them."""

    @property
    def messages(self) -> int:
        """All messages."""
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        """Messages that were sent, delivered or read."""
        return sum(self.states.get(state, 0) for state in _WENT)

    def count(self, invariant: Invariant) -> int:
        """How often this promise was broken."""
        return self.broken.get(invariant, 0)

    @property
    def broken(self) -> Counter[Invariant]:
        """How often each promise was broken; those that were kept are not in it."""
        return Counter(violation.invariant for violation in self.violations)
