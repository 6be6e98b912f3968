"""One text for one lead through one device at one time, as it is kept, and how an operator settles it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway import wire
from gateway.wording.step_text import StepText
from gateway.wording.wording import Wording
from services.content.wording import Lead
from services.message.reason import MessageReason
from services.message.state import MessageState


@dataclass(frozen=True)
class Stored:
    """A message with the facts of its step and its enrollment."""

    id: int
    state: str
    reason: str | None
    lead_id: int
    device_id: int
    sequence: str | None
    position: int
    scheduled_at: datetime
    handed_at: datetime | None
    sent_at: datetime | None
    attempts: int
    text_hash: bytes | None
    traceparent: str | None
    enrollment_id: int | None
    campaign_id: int | None
    # Confirms a stop word.
    is_confirmation: bool
    wire_id: str

    @property
    def scheduled_us(self) -> int:
        """When it is due, in microseconds since 1970: exact, for cursors."""
        return wire.microseconds(self.scheduled_at)


@dataclass(frozen=True)
class Written:
    """The parts of a message's text; they are fixed once the message was handed, else those of now."""

    id: int
    state: str
    reason: str | None
    is_handed: bool
    text_hash: bytes | None
    step: StepText
    wording: Wording
    lead: Lead
    key: bytes


@dataclass(frozen=True)
class Filter:
    """Which messages: of one sequence's steps, of one campaign (0 for any), in one of these states."""

    sequence_id: int
    states: Sequence[str]
    campaign_id: int = 0


@dataclass(frozen=True)
class Enrollment:
    """Where the messages of one lead's chain are found."""

    id: int
    lead_id: int
    created_at: datetime


@dataclass(frozen=True)
class CampaignPage:
    """A page of a campaign's messages; `rest`: the last lead looked at, None when there are no more."""

    messages: list[Stored]
    rest: int | None


class Verdict(StrEnum):
    """The result of ResolveMessage."""

    RESOLVED = "resolved"
    # The message is not unknown, or not any more.
    SETTLED = "settled"
    # The message cannot be sent again, and stays unknown.
    SUPPRESSED = "suppressed"
    STOPPED = "stopped"
    OVERTAKEN = "overtaken"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True)
class Resolution:
    """An operator's decision: the state of the message afterwards, and the reason that is kept."""

    state: MessageState
    reason: MessageReason
