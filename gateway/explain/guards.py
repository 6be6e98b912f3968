"""Pure: each condition of the hand as a verdict with its reason and the time at which it passes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from gateway.campaigns.state import State
from gateway.devices import states
from gateway.explain.guard import BLOCKS, PASSES, UNKNOWN, Guard, restore, suppression, utc, why_suppressed
from gateway.explain.store import Facts
from kompang.v1 import explain_pb2 as pb
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.states import DeviceState, EnrollmentState


def guards(facts: Facts) -> list[Guard]:
    """Returns the guards in the order of the hand; if the message is planned no more, its state alone."""
    state = _state(facts)
    return [state] if state.verdict == BLOCKS else [state, *_planned(facts)]


def _planned(facts: Facts) -> Iterator[Guard]:
    yield _host(facts)
    yield restore(facts.restored_at, None if facts.is_confirmation else facts.withheld_at)
    yield _in_flight(facts)
    yield _order(facts)
    yield _confirmation(facts) if facts.is_confirmation else suppression(facts)
    yield _enrollment(facts)
    yield _campaign(facts)
    yield _device(facts)
    yield _due(facts)
    yield _until(
        pb.Guard.TYPE_DEFERRAL, facts.not_before, facts.at, _deferral(facts.reason), "is not deferred"
    )
    yield _lateness(facts)
    yield _first_contact(facts)
    yield _device_cap(facts)
    quiet_until = None if facts.is_confirmation else facts.quiet_until
    yield _until(
        pb.Guard.TYPE_QUIET_HOURS, quiet_until, facts.at, _quiet(facts), _OPEN[facts.is_confirmation]
    )
    yield _frequency(facts)
    yield _pacing(facts)


_OPEN = {False: "it is not a quiet hour", True: "a confirmation does not wait for quiet hours to end"}


# What a message waits for while its campaign is in another state than `running`.
NOT_RUNNING: dict[str, str] = {
    State.LAUNCHING: "its campaign is being launched: no message is sent before every message is written",
    State.SCHEDULED: "its campaign has not begun",
    State.PAUSED: "its campaign is paused until ResumeCampaign",
    State.FINISHED: "its campaign has finished: RetryFailed makes it run again",
    State.CANCELLED: "its campaign was cancelled",
    State.DRAFT: "its campaign is a draft",
}


def _quiet(facts: Facts) -> str:
    """Says what is quiet where the lead is."""
    if facts.quiet_day is None and facts.quiet_weekday is None:
        return f"it is a quiet hour in {facts.timezone}"
    if facts.quiet_day is None:
        return f"it is {facts.quiet_weekday} in {facts.timezone}, a quiet day of the account"
    if facts.holiday_region:
        return f"public holiday: {facts.quiet_day} ({facts.holiday_region}, in {facts.timezone})"
    return f"quiet day of the account: {facts.quiet_day} (in {facts.timezone})"


# Why a planned message has a time before which it must not be sent.
_DEFERRALS: dict[MessageReason | None, str] = {
    MessageReason.QUIET_HOURS: "was deferred by quiet hours or a quiet day",
    MessageReason.FREQUENCY_CAP: "was deferred, because the person has reached the frequency cap",
    MessageReason.FIRST_CONTACT: "was deferred, because its device had begun enough new chats",
    MessageReason.BEHIND: "was deferred with an earlier step",
    MessageReason.REPLIED: "is held because the person replied, until somebody resumes the lead",
    MessageReason.RESTORED: "is withheld since the database was restored, until somebody resumes the lead",
}


def _deferral(reason: MessageReason | None) -> str:
    return _DEFERRALS.get(reason, "waits before the next attempt")


_ARRIVED = {
    MessageState.DELIVERED: ", and has arrived",
    MessageState.READ: ", has arrived, and was opened",
}


def _state(facts: Facts) -> Guard:
    if facts.state is MessageState.PENDING:
        return Guard(pb.Guard.TYPE_STATE, PASSES, "is planned")
    text = _ended(facts)
    if facts.sent_at is not None:
        text = f"was accepted by the network at {utc(facts.sent_at)}, in attempt {facts.attempts}"
        text += _ARRIVED.get(facts.state, "")
    why = f" ({facts.reason_text})" if facts.reason_text else ""
    return Guard(pb.Guard.TYPE_STATE, BLOCKS, text + why)


# What is done about a message that may have been sent.
_HANDED: dict[str | None, str] = {
    "trace": "may have been sent before; a shard host asks the network now what became of it",
    "repeat": "may have been sent before; a shard host repeats it now under the same id",
}
_UNKNOWN: dict[str | None, str] = {
    "trace": "the network is asked what became of it, and it is sent again only if it never went",
    "repeat": "it is repeated under the same id, which the network delivers once",
}
_UNSETTLED = "nobody can find out: say what to do with kompang messages resolve (ResolveMessage)"


def _ended(facts: Facts) -> str:  # noqa: PLR0911 - one return a case
    match facts.state:
        case MessageState.PENDING:
            return "is planned"
        case MessageState.HANDED:
            return _HANDED.get(facts.settled_by, "is with a shard host now; its outcome follows")
        case MessageState.UNKNOWN:
            return f"may have been sent or not; {_UNKNOWN.get(facts.settled_by, _UNSETTLED)}"
        case MessageState.SUPPRESSED:
            why = f": {why_suppressed(facts)}" if facts.suppressed_at is not None else ""
            return f"the person is suppressed{why}"
        case MessageState.CANCELLED:
            return _cancelled(facts)
        case MessageState.EXPIRED:
            if facts.is_confirmation:
                return "was too late to confirm its stop word"
            return "was later than its campaign allows, and dropped"
        case MessageState.FAILED | MessageState.SENT | MessageState.DELIVERED | MessageState.READ:
            return f"ended as {facts.state}"
        case _:
            assert_never(facts.state)


def _cancelled(facts: Facts) -> str:
    if facts.reason is MessageReason.MOVED:
        return "its lead was moved to a newer version of the sequence, with another message instead, or none"
    if facts.is_confirmation and facts.reason is MessageReason.START_WORD:
        return "the stop word that it confirms was taken back"
    return "its enrollment or campaign was stopped"


def _host(facts: Facts) -> Guard:
    if facts.host:
        return Guard(pb.Guard.TYPE_HOST, PASSES, f"host {facts.host} runs devices/{facts.device_id}")
    text = f"no shard host runs devices/{facts.device_id} now"
    return Guard(pb.Guard.TYPE_HOST, BLOCKS, text)


def _in_flight(facts: Facts) -> Guard:
    if facts.other_in_flight is None:
        return Guard(pb.Guard.TYPE_IN_FLIGHT, PASSES, "no other message of its device is in flight")
    text = f"messages/{facts.other_in_flight} of the same device is in flight"
    return Guard(pb.Guard.TYPE_IN_FLIGHT, BLOCKS, text)


def _order(facts: Facts) -> Guard:
    if facts.overtaken_by is not None:
        text = f"messages/{facts.overtaken_by}, a later step, was sent before it: it is not sent any more"
        return Guard(pb.Guard.TYPE_ORDER, BLOCKS, text)
    if facts.behind is not None:
        return Guard(pb.Guard.TYPE_ORDER, BLOCKS, f"messages/{facts.behind}, an earlier step, is sent first")
    return Guard(pb.Guard.TYPE_ORDER, PASSES, "no earlier step is open")


def _confirmation(facts: Facts) -> Guard:
    kind = pb.Guard.TYPE_SUPPRESSION
    if not facts.confirms:
        text = "the stop word that it confirms was taken back, or an operator suppressed the person as well"
        return Guard(kind, BLOCKS, text)
    if facts.confirmation_ends_at < facts.at:
        return Guard(
            kind,
            BLOCKS,
            f"was to confirm a stop word until {utc(facts.confirmation_ends_at)}: too late",
        )
    text = f"confirms the stop word of {utc(facts.scheduled_at)}, until {utc(facts.confirmation_ends_at)}"
    return Guard(kind, PASSES, text)


def _enrollment(facts: Facts) -> Guard:
    if facts.enrollment_state in (None, EnrollmentState.ACTIVE):
        text = "its enrollment is active" if facts.enrollment_state else "belongs to no enrollment"
        return Guard(pb.Guard.TYPE_ENROLLMENT, PASSES, text)
    why = f" ({facts.enrollment_reason})" if facts.enrollment_reason else ""
    return Guard(pb.Guard.TYPE_ENROLLMENT, BLOCKS, f"its enrollment is {facts.enrollment_state}{why}")


def _campaign(facts: Facts) -> Guard:
    if facts.campaign_state is None or facts.campaign_state == State.RUNNING:
        text = "its campaign runs" if facts.campaign_state else "belongs to no campaign"
        return Guard(pb.Guard.TYPE_CAMPAIGN, PASSES, text)
    # A newer version may have written a state that this one does not know; only a running campaign sends.
    why = NOT_RUNNING.get(facts.campaign_state, f"its campaign is {facts.campaign_state}")
    return Guard(pb.Guard.TYPE_CAMPAIGN, BLOCKS, why + _then(facts))


def _then(facts: Facts) -> str:
    """Says what a resume of the campaign does with the message."""
    if facts.campaign_state != State.PAUSED:
        return ""
    if facts.on_late == "shift":
        return "; what is left moves by the length of the pause"
    if facts.late_at is not None:
        return f"; it is dropped if it cannot be sent before {utc(facts.late_at)}"
    return ""


def _due(facts: Facts) -> Guard:
    moved = f", moved by {_length(facts.shift)} with its campaign" if facts.shift else ""
    due_at = facts.scheduled_at + facts.shift
    return _until(pb.Guard.TYPE_DUE, due_at, facts.at, f"is not due yet{moved}", f"is due{moved}")


def _lateness(facts: Facts) -> Guard:
    """Does not count quiet hours and the caps of a person: a message that they defer is due later."""
    kind, until, end = pb.Guard.TYPE_LATENESS, facts.late_at, "its campaign drops it as late"
    if facts.is_confirmation:
        until, end = facts.confirmation_ends_at, "it no longer confirms the stop word"
    if until is None:
        return Guard(kind, PASSES, "is not dropped for being late")
    if until < facts.at:
        return Guard(kind, BLOCKS, f"is dropped when its turn comes: since {utc(until)} {end}")
    waiting = [guard.passes_at for guard in (_device(facts), _device_cap(facts)) if guard.passes_at]
    if any(moment > until for moment in waiting):
        return Guard(kind, BLOCKS, f"cannot be sent before {utc(until)}, when {end}")
    return Guard(kind, PASSES, f"is dropped as late after {utc(until)} only")


def _device(facts: Facts) -> Guard:
    kind, name = pb.Guard.TYPE_DEVICE, f"devices/{facts.device_id}"
    why = states.why(facts.device_state, facts.device_reason, facts.device_ban_reason)
    text = f"{name} is {facts.device_state}{f' ({facts.device_reason}): {why}' if why else ''}"
    if facts.device_state == DeviceState.ACTIVE:
        return Guard(kind, PASSES, f"{name} is active")
    if facts.device_state == DeviceState.PARKED or facts.device_reason == states.CLIENT_OUTDATED:
        return Guard(kind, BLOCKS, text)
    return _until(kind, facts.held_until, facts.at, text, "was held")


def _first_contact(facts: Facts) -> Guard:
    kind, name, cap = pb.Guard.TYPE_FIRST_CONTACT, f"devices/{facts.device_id}", facts.first_contact_cap_today
    if not facts.is_first_contact:
        return Guard(kind, PASSES, "begins no new chat")
    if facts.first_contacts_held_until is not None:
        text = f"the network lets {name} begin no new chat until {utc(facts.first_contacts_held_until)}"
        return Guard(kind, BLOCKS, text, facts.first_contact_turn_at)
    if cap is None:
        return Guard(kind, PASSES, "begins a new chat; its device has no cap of them")
    text = f"begins a new chat; {name} began {facts.first_contacts_today} of {cap} today"
    if facts.first_contacts_today >= cap:
        return Guard(kind, BLOCKS, text, facts.first_contact_turn_at)
    return Guard(kind, PASSES, text)


def _device_cap(facts: Facts) -> Guard:
    if facts.cap_today is None:
        return Guard(pb.Guard.TYPE_DEVICE_CAP, PASSES, "its device has no cap")
    text = f"devices/{facts.device_id} sent {facts.sent_today} of {facts.cap_today} today"
    is_capped = facts.sent_today >= facts.cap_today
    until = facts.day_ends_at if is_capped else None
    return Guard(pb.Guard.TYPE_DEVICE_CAP, BLOCKS if is_capped else PASSES, text, until)


def _frequency(facts: Facts) -> Guard:
    caps = [(facts.person_daily_cap, "24 hours"), (facts.person_weekly_cap, "7 days")]
    caps_text = " and ".join(f"{cap} in {span}" for cap, span in caps if cap)
    blocks = f"the person has reached the frequency cap of {caps_text}"
    passes = (
        f"the person is below the frequency cap of {caps_text}" if caps_text else "there is no frequency cap"
    )
    if facts.is_confirmation:
        return Guard(pb.Guard.TYPE_FREQUENCY_CAP, PASSES, "a confirmation does not count")
    return _until(pb.Guard.TYPE_FREQUENCY_CAP, facts.frequent_until, facts.at, blocks, passes)


def _pacing(facts: Facts) -> Guard:
    least, most = facts.gap_least, facts.gap_most
    if least is None or most is None or most <= facts.at:
        return Guard(pb.Guard.TYPE_PACING, PASSES, "the gap since the device's last send is over")
    if least > facts.at:
        return Guard(pb.Guard.TYPE_PACING, BLOCKS, "the gap since the device's last send is not over", most)
    return Guard(pb.Guard.TYPE_PACING, UNKNOWN, "the gap since the device's last send may be over", most)


def _until(kind: pb.Guard.Type, until: datetime | None, at: datetime, blocks: str, passes: str) -> Guard:
    if until is None or until <= at:
        return Guard(kind, PASSES, passes)
    return Guard(kind, BLOCKS, blocks, until)


def _length(span: timedelta) -> str:
    return str(timedelta(seconds=round(span.total_seconds())))
