"""The hand: it reads, it may wait for the locks of the paces, and then it judges and does what it says.

Of a device it has the newest pace when it judges; all the rest is as it was read.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from services.dispatch.hand.store import Candidate, Decision
from services.message.state import MessageState
from services.message.verdict import Verdict
from tests.model.database import first_contacts
from tests.model.database.tables import Database, Device, Message

_S = MessageState
# A reading that is older is acted on no more.
OLD_S = 0.5
_DAY_S = 86_400
# What the message becomes; `on_unknown: hold`, the default.
_ENDS = {
    Verdict.AMBIGUOUS: _S.UNKNOWN,
    Verdict.OVERTAKEN: _S.UNKNOWN,
    Verdict.SUPPRESSED: _S.SUPPRESSED,
    Verdict.CANCELLED: _S.CANCELLED,
}
# The flight is over.
_LANDS = frozenset(
    {Verdict.AMBIGUOUS, Verdict.SETTLED, Verdict.SUPPRESSED, Verdict.CANCELLED, Verdict.NEW_CHAT}
)


@dataclass(slots=True)
class Seen:
    """A candidate with what was read about it, at `at`."""

    asked: Candidate
    at: float
    device: Device
    message: Message | None
    pace_version: int
    epoch: int
    is_leased: bool
    is_in_term: bool
    state: MessageState | None
    attempts: int
    may_have_gone: bool
    is_suppressed: bool
    is_ended: bool
    behind_until: float | None
    is_overtaken: bool
    device_state: str
    held_until: float
    not_before: float
    is_said: bool
    wording: int
    said_at: float
    begins_chat: bool
    first_held_until: float
    # From the pace, when it is locked.
    in_flight: Message | None = None
    gap: float = -math.inf

    @property
    def is_trace_only(self) -> bool:
        """It may have gone, and is asked about."""
        return self.in_flight is not None and self.may_have_gone and self.asked.traceable


def hand(db: Database, candidates: Iterable[Candidate], lead: float) -> list[Decision]:
    return carry_out_hand(db, read_hand(db, candidates), lead)


def read_hand(db: Database, candidates: Iterable[Candidate]) -> list[Seen]:
    """The first instant."""
    return [_read(db, candidate) for candidate in candidates]


def carry_out_hand(db: Database, found: Iterable[Seen], lead: float) -> list[Decision]:
    """The second: it has the locks."""
    return [_decide(db, seen, lead) for seen in found]


def _read(db: Database, asked: Candidate) -> Seen:
    device = db.devices_by_id[asked.device_id]
    message = db.messages.get(asked.message_id)
    if message is not None and message.device is not device:
        message = None
    lease = db.leases[device.shard]
    holder = db.holder(lease)
    handed = message.handed if message and db.guards.hand_keeps_words else None
    return Seen(
        asked=asked,
        at=db.clock(),
        device=device,
        message=message,
        pace_version=device.pace_version,
        epoch=lease.epoch,
        is_leased=holder is not None and holder.stream == asked.stream,
        is_in_term=holder is not None and holder.expires > db.clock(),
        state=message.state if message else None,
        attempts=message.attempts if message else 0,
        may_have_gone=message is not None and _may_have_gone(db, message, lease.epoch),
        is_suppressed=message is not None and message.lead in db.suppressed,
        is_ended=message is not None and message.lead in db.ended,
        behind_until=_behind_until(db, message) if message else None,
        is_overtaken=message is not None and _is_overtaken(db, message),
        device_state=device.state,
        held_until=device.held_until,
        not_before=message.not_before if message else 0.0,
        is_said=handed is not None,
        wording=db.wording() if handed is None or message is None else message.wording,
        said_at=db.clock() if handed is None else handed,
        begins_chat=message is not None and first_contacts.begins_chat(db, message),
        first_held_until=device.first_held_until,
    )


def _may_have_gone(db: Database, message: Message, epoch: int) -> bool:
    is_older = message.epoch != epoch and db.guards.hand_checks_epoch
    return message.state is _S.UNKNOWN or (message.state is _S.HANDED and (is_older or message.is_repeat))


def _behind_until(db: Database, message: Message) -> float | None:
    return max(
        (
            earlier.not_before
            for earlier in db.leads[message.lead]
            if earlier.position < message.position
            and earlier.due <= message.due
            and earlier.state in (_S.PENDING, _S.HANDED)
        ),
        default=None,
    )


def _is_overtaken(db: Database, message: Message) -> bool:
    is_again = message.state is _S.PENDING and message.attempts > 0
    return is_again and any(
        later.position > message.position and later.due >= message.due and later.attempts > 0
        for later in db.leads[message.lead]
    )


def _decide(db: Database, seen: Seen, lead: float) -> Decision:
    device, message = seen.device, seen.message
    seen.in_flight = device.in_flight if db.guards.hand_checks_in_flight else None
    if device.last_sent is not None:
        draw = device.min_delay + seen.asked.draw * (device.max_delay - device.min_delay)
        seen.gap = device.last_sent - seen.at + draw
    before = device.in_flight
    verdict = _judge(db, seen, lead)
    if message is not None and not _carry_out(db, verdict, seen, message):
        verdict = Verdict.GONE
    return Decision(
        device_id=device.id,
        shard=device.shard,
        epoch=seen.epoch,
        message_id=seen.asked.message_id,
        scheduled_at=seen.asked.scheduled_at,
        is_repeat=seen.in_flight is not None and seen.may_have_gone,
        verdict=verdict,
        in_flight_id=before.id if before else None,
        in_flight_at=before.scheduled_at if before else None,
        step_id=1,
        phone=f"+6012{message.lead:08}" if message else None,
        lid="",
        display_name="Siti",
        attributes="{}",
        language="",
        local_minute=int(seen.said_at % _DAY_S / 60),
        wording_id=seen.wording,
        traceparent="",
        launch_traceparent=None,
        attempts=seen.attempts + 1 if message else None,
        wire_id=_wire_id(db, message) if verdict is Verdict.HAND and message else None,
        wait_s=max(0.0, _wait(db, verdict, seen, lead)),
        is_first_contact=seen.begins_chat,
        is_trace_only=seen.is_trace_only,
    )


def _judge(db: Database, seen: Seen, lead: float) -> Verdict:  # noqa: PLR0911, PLR0912 - one return a WHEN
    guards, device, in_flight, message = db.guards, seen.device, seen.in_flight, seen.message
    if guards.hand_checks_pace and device.pace_version != seen.pace_version:
        return Verdict.LATE
    if guards.hand_checks_age and db.clock() > seen.at + OLD_S:
        return Verdict.LATE
    if guards.hand_checks_lease and not seen.is_leased:
        return Verdict.LEASE
    if guards.hand_checks_lease and not seen.is_in_term:
        return Verdict.LAPSED
    if in_flight is not None and in_flight.id != seen.asked.message_id:
        return Verdict.BUSY
    if message is None:
        return Verdict.GONE
    if in_flight is not None and seen.state not in (_S.HANDED, _S.UNKNOWN):
        return Verdict.SETTLED
    if in_flight is None and seen.state is not _S.PENDING:
        return Verdict.GONE
    is_suppressed = guards.hand_checks_suppression and seen.is_suppressed
    is_ended_for_lead = is_suppressed or seen.is_ended
    if seen.is_trace_only:
        return Verdict.HAND
    if in_flight is not None and seen.may_have_gone and (not seen.asked.repeatable or is_ended_for_lead):
        return Verdict.AMBIGUOUS
    if guards.hand_checks_order and seen.is_overtaken:
        return Verdict.OVERTAKEN
    if is_suppressed:
        return Verdict.SUPPRESSED
    if seen.is_ended:
        return Verdict.CANCELLED
    if seen.device_state == "parked":
        return Verdict.PARKED
    if seen.device_state == "held" and seen.held_until > seen.at:
        return Verdict.HELD
    if message.due > seen.at:
        return Verdict.EARLY
    if seen.not_before > seen.at:
        return Verdict.WAITING
    if guards.hand_checks_order and seen.behind_until is not None:
        waits_long = seen.behind_until > seen.at + 60 and in_flight is None
        return Verdict.DEFERRED if waits_long else Verdict.BEHIND
    may_not_begin = seen.first_held_until > seen.at or first_contacts.is_full(db, device, seen.at)
    is_repeat = in_flight is not None and seen.may_have_gone
    if guards.hand_checks_first_contacts and seen.begins_chat and may_not_begin and not is_repeat:
        return Verdict.NEW_CHAT
    if guards.hand_checks_gap and seen.gap > lead:
        return Verdict.PACED
    return Verdict.HAND


def _carry_out(db: Database, verdict: Verdict, seen: Seen, message: Message) -> bool:
    """False when it was to be handed, and is not any more what it was."""
    device, is_as_read = seen.device, message.state is seen.state
    if verdict is Verdict.HAND:
        if not is_as_read:
            return False
        db.on_hand(message, seen.is_leased and seen.is_in_term)
        db.step(message, _S.HANDED)
        message.epoch = seen.epoch
        message.attempts = seen.attempts + 1
        message.handed, message.wording, message.is_settled = seen.said_at, seen.wording, seen.is_said
        message.is_repeat = seen.in_flight is not None and seen.may_have_gone
        message.day = db.day(seen.at)
        device.in_flight, device.is_first_contact = message, seen.begins_chat
        device.pace_version += 1
    elif verdict in _ENDS and is_as_read:
        after = _ENDS[verdict]
        if message.state is not after:
            db.step(message, after)
    elif verdict is Verdict.DEFERRED and is_as_read and seen.behind_until is not None:
        message.not_before = seen.behind_until
    elif verdict is Verdict.NEW_CHAT and is_as_read and message.state is _S.HANDED:
        db.step(message, _S.PENDING)
        message.handed = message.handed if message.is_settled else None
    if verdict is Verdict.AMBIGUOUS and device.in_flight is message:
        first_contacts.count(db, device)
    if verdict in _LANDS and device.in_flight is message:
        db.land(device)
        if verdict is Verdict.AMBIGUOUS:
            device.last_sent = seen.at
    return True


def _wait(db: Database, verdict: Verdict, seen: Seen, lead: float) -> float:
    if not db.guards.hand_checks_gap or seen.message is None:
        return 0.0
    if seen.is_trace_only:
        return 0.0
    waits = {
        Verdict.PACED: seen.gap - lead,
        Verdict.HAND: seen.gap - (db.clock() - seen.at),
        Verdict.EARLY: seen.message.due - seen.at,
        Verdict.WAITING: seen.not_before - seen.at,
        Verdict.HELD: seen.held_until - seen.at,
        Verdict.DEFERRED: (seen.behind_until or 0.0) - seen.at,
    }
    return waits.get(verdict, 0.0)


def _wire_id(db: Database, message: Message) -> str:
    return f"W{message.id}" if db.guards.one_wire_id else f"W{message.id}.{message.attempts}"
