"""The facts on which the hand decides, read and not locked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.message.reason import MessageReason
from services.message.state import MessageState
from services.runtime.containment import contained
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Suppressed:
    """What is known of the suppression of a lead.

    `suppressed_by`: its reason; `by_list`: that is a list's and no operator's; `suppressing_import`: which
    import made it, where nobody confirmed it since; `doubted_at`: since when somebody has to decide whether
    it was meant.
    """

    lead_id: int
    suppressed_at: datetime | None
    suppressed_by: str | None
    by_list: bool | None
    suppressing_import: int | None
    doubted_at: datetime | None


@dataclass(frozen=True)
class Facts(Suppressed):
    """One message at the time `at`; what is None does not apply, or does not stand in the way."""

    id: int
    state: MessageState
    # None: there is none, or another version's, which `reason_text` names all the same.
    reason: MessageReason | None
    reason_text: str
    attempts: int
    scheduled_at: datetime
    not_before: datetime | None
    handed_at: datetime | None
    sent_at: datetime | None
    at: datetime
    device_id: int
    device_state: str
    device_reason: str
    device_ban_reason: str
    held_until: datetime | None
    # Empty while no host may send for the device.
    host: str
    # Since when a restore of the database holds all sending, or this lead.
    restored_at: datetime | None
    withheld_at: datetime | None
    other_in_flight: int | None
    # Whether it was sent is being found out, by `trace` or by `repeat`.
    settled_by: str | None
    is_confirmation: bool
    # Of that very suppression.
    confirms: bool
    confirmation_ends_at: datetime
    enrollment_state: str | None
    enrollment_reason: str | None
    campaign_state: str | None
    on_late: str | None
    shift: timedelta
    # From when on its campaign drops it.
    late_at: datetime | None
    behind: int | None
    overtaken_by: int | None
    sent_today: int
    cap_today: int | None
    day_ends_at: datetime
    # It begins a chat; until when the network lets its device begin none; how many began today, of how many
    # at most; and when it gets its turn, if not today.
    is_first_contact: bool
    first_contacts_held_until: datetime | None
    first_contacts_today: int
    first_contact_cap_today: int | None
    first_contact_turn_at: datetime | None
    quiet_until: datetime | None
    timezone: str
    # Why the whole day is quiet there: what it is, whose holiday (empty: the account's own), its weekday.
    quiet_day: str | None
    holiday_region: str | None
    quiet_weekday: str | None
    frequent_until: datetime | None
    person_daily_cap: int
    person_weekly_cap: int
    gap_least: datetime | None
    gap_most: datetime | None


@dataclass(frozen=True)
class LeadFacts(Suppressed):
    """One lead; `listening` is an active sequence for its trigger, `enrolled_in` its newest one."""

    id: int
    trigger: str
    consent_at: datetime | None
    # When the person said no, and by which column of which import.
    refused_at: datetime | None
    refused_by: str
    restored_at: datetime | None
    withheld_at: datetime | None
    listening: str | None
    enrolled_in: str | None
    enrollment_state: str | None
    next_id: int | None


class ExplainStore:
    """Raises what `Postgres` raises."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def facts(self, account_id: int, message_id: int) -> Facts | None:
        """Reads the facts of one message, or None when there is no such message."""
        row = await self._postgres.fetch_row(_SQL.facts, account_id, message_id)
        if row is None:
            return None
        state, reason = MessageState(row["state"]), _reason(row["reason_text"], message_id)
        return Facts(**dict(row) | {"state": state, "reason": reason})

    async def lead(self, account_id: int, lead_id: int) -> LeadFacts | None:
        """Reads the facts of one lead, or None when there is no such lead."""
        row = await self._postgres.fetch_row(_SQL.lead, account_id, lead_id)
        return row and LeadFacts(**row)


def _reason(text: str, message_id: int) -> MessageReason | None:
    """A reason of a version that is newer than this one is reported, and shown as it stands."""
    if text:
        with contained("gateway.explain.reason", message_id=message_id):
            return MessageReason(text)
    return None
