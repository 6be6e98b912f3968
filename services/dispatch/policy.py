"""What is done about each way an attempt can end: one table, no exceptions elsewhere."""

import random
from dataclasses import dataclass
from typing import assert_never, cast

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.settings import DispatchSettings
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.states import DeviceState

_RETRY_CAP_S = 600.0
_RATE_LIMIT_S = 60.0
_NOT_SENT_S = 0.5
# The number of the hand that asks about a first attempt.
_ASKED_ONCE = 2
# A predecessor that was stopped takes the device from its successor when it goes on, and drops it as soon
# as it looks at its term: that passes. Somebody else's session comes again.
_REPLACED_S = 10.0
_REPLACED_AGAIN_S = 600.0
# A hold that ends when the hosts run another version of the client, not at a time.
_UNTIL_UPGRADED_S = 10 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """A hold with an end, or a park without one.

    A hold parks instead when the last one for this reason was less than `again_s` ago. `ban_reason`: what a
    ban is for, in the word that rows carry; empty where nothing is said. `is_of_client`: nothing is wrong
    with the device; it holds all that are on hosts with the same version of the client.
    """

    state: DeviceState
    reason: MessageReason
    hold_s: float = 0.0
    again_s: float = 0.0
    ban_reason: str = ""
    is_of_client: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What becomes of the message, and of its device and enrollment."""

    state: MessageState
    reason: MessageReason | None = None
    retry_s: float = 0.0
    # The network may have counted it: the device's gap starts anew.
    was_sent: bool = False
    # Stays the device's message in flight, to be repeated under its id before anything else goes.
    stays: bool = False
    # No attempt at it went: whatever was in doubt is not any more.
    never_sent: bool = False
    stops_enrollment: bool = False
    device: DeviceChange | None = None
    # The device begins no chats for so many seconds; 0: for as long as the hold before says.
    holds_chats_s: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A refusal that says nothing against the message: it waits, and the device changes.

    `closes`: the device has no session meanwhile: the network would refuse it, or take it from another.
    `is_of_client`: what is wrong is the version of the client, not the device.
    """

    state: DeviceState
    reason: MessageReason
    closes: bool = True
    is_of_client: bool = False


@dataclass(frozen=True, slots=True)
class Final:
    """A refusal that no retry can mend."""

    reason: MessageReason
    ends_enrollment: bool = False


@dataclass(frozen=True, slots=True)
class Passing:
    """A refusal that may pass: the message is tried again, so many times."""


@dataclass(frozen=True, slots=True)
class NewChats:
    """The network lets the device begin no chats: those that it has go on.

    A message that would begin one waits until the device may. One of a chat that exists is tried again, so
    many times.
    """


_HELD, _PARKED = DeviceState.HELD, DeviceState.PARKED
Row = DeviceFault | Final | NewChats | Passing
# Each class has its row. One that only a newer host knows is taken for a passing one.
FAILURES: dict[int, Row] = {
    pb.FAILURE_UNSPECIFIED: Passing(),
    pb.FAILURE_TRANSIENT: Passing(),
    pb.FAILURE_RATE_LIMITED: DeviceFault(_HELD, MessageReason.RATE_LIMITED, closes=False),
    pb.FAILURE_TEMPORARY_BAN: DeviceFault(_HELD, MessageReason.TEMPORARY_BAN),
    pb.FAILURE_REACH_OUT_LIMIT: NewChats(),
    pb.FAILURE_LOGGED_OUT: DeviceFault(_PARKED, MessageReason.LOGGED_OUT),
    pb.FAILURE_BANNED: DeviceFault(_PARKED, MessageReason.BANNED),
    # Parked when it happens again within ten minutes: `device_change`.
    pb.FAILURE_REPLACED: DeviceFault(_HELD, MessageReason.REPLACED),
    pb.FAILURE_NOT_ON_WHATSAPP: Final(MessageReason.NOT_ON_WHATSAPP, ends_enrollment=True),
    pb.FAILURE_INVALID_MESSAGE: Final(MessageReason.INVALID_MESSAGE),
    pb.FAILURE_RENDER: Final(MessageReason.RENDER),
    pb.FAILURE_CLIENT_OUTDATED: DeviceFault(_HELD, MessageReason.CLIENT_OUTDATED, is_of_client=True),
    pb.FAILURE_NOT_PAIRED: DeviceFault(_PARKED, MessageReason.NOT_PAIRED),
    pb.FAILURE_LOCKED: DeviceFault(_PARKED, MessageReason.LOCKED),
    # Another session is all that it needs, and the host opens one.
    pb.FAILURE_PUMP_LOST: Passing(),
}
_PASSING = Passing()
_CLOSING = frozenset(
    (row.state, row.reason) for row in FAILURES.values() if isinstance(row, DeviceFault) and row.closes
)

EVENTS: dict[int, int] = {
    pb.DeviceEvent.TYPE_UNSPECIFIED: pb.FAILURE_UNSPECIFIED,
    pb.DeviceEvent.TYPE_CONNECTED: pb.FAILURE_UNSPECIFIED,
    pb.DeviceEvent.TYPE_DISCONNECTED: pb.FAILURE_UNSPECIFIED,
    pb.DeviceEvent.TYPE_REPLACED: pb.FAILURE_REPLACED,
    pb.DeviceEvent.TYPE_LOGGED_OUT: pb.FAILURE_LOGGED_OUT,
    pb.DeviceEvent.TYPE_BANNED: pb.FAILURE_BANNED,
    pb.DeviceEvent.TYPE_TEMPORARY_BAN: pb.FAILURE_TEMPORARY_BAN,
    pb.DeviceEvent.TYPE_CLIENT_OUTDATED: pb.FAILURE_CLIENT_OUTDATED,
    pb.DeviceEvent.TYPE_NOT_PAIRED: pb.FAILURE_NOT_PAIRED,
    pb.DeviceEvent.TYPE_LOCKED: pb.FAILURE_LOCKED,
    pb.DeviceEvent.TYPE_PUMP_LOST: pb.FAILURE_PUMP_LOST,
}
_BANS = (pb.FAILURE_TEMPORARY_BAN, pb.FAILURE_BANNED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an outcome is of: its number, whether an earlier one may have gone, whether it begins a chat.

    `may_ask`: whether what became of it can be found out, by a repeat or a question. `is_question`: nothing
    was sent, the network was asked about the attempts before.
    """

    number: int
    is_repeat: bool
    may_ask: bool
    is_first_contact: bool = True
    is_question: bool = False


def decide(outcome: pb.Outcome, attempt: Attempt, settings: DispatchSettings) -> Action:
    """The action for one outcome."""
    if outcome.result == pb.Outcome.RESULT_SENT:
        return Action(MessageState.SENT, was_sent=True)
    if outcome.result == pb.Outcome.RESULT_NEVER_SENT:
        # The first was its host's end, as a rule; what keeps one after the other from going takes longer.
        is_first = attempt.number <= _ASKED_ONCE
        wait = _NOT_SENT_S if is_first else retry_wait(attempt.number // 2, settings)
        return Action(MessageState.PENDING, MessageReason.NOT_SENT, retry_s=wait, never_sent=True)
    if attempt.is_repeat or outcome.result == pb.Outcome.RESULT_AMBIGUOUS:
        return _ambiguous(outcome, attempt, settings)
    if outcome.result == pb.Outcome.RESULT_REFUSED:
        return _refused(outcome, attempt, settings)
    if outcome.result == pb.Outcome.RESULT_NOT_SENT:
        return Action(MessageState.PENDING, MessageReason.NOT_SENT, retry_s=_NOT_SENT_S)
    raise ValueError("a result that this version does not know")


def _ambiguous(outcome: pb.Outcome, attempt: Attempt, settings: DispatchSettings) -> Action:
    """Nobody knows, and a refused repeat says nothing of the attempt before it.

    Not even `not_on_whatsapp` does: the first attempt passed that look-up, or it would have been refused
    itself, and may have been accepted; who was an account then may be none now. Nor `invalid_message`: the
    text is rendered anew, and the lead may have been edited since. Such a repeat would be refused again,
    so it is the last; the next step of the lead, a first attempt, ends the enrollment.
    """
    is_lasting = isinstance(_row(outcome.failure), Final)
    repeats = attempt.may_ask and attempt.number < settings.repeats and not is_lasting
    return Action(
        MessageState.UNKNOWN,
        MessageReason.NO_ANSWER,
        # What stays unclear may have gone as late as its host's term was over. While it is asked about
        # nothing goes.
        was_sent=outcome.result == pb.Outcome.RESULT_AMBIGUOUS and not (attempt.is_question and repeats),
        stays=repeats,
        device=device_change(outcome.failure, outcome.hold_s, settings, outcome.ban_reason),
        holds_chats_s=float(outcome.hold_s)
        if attempt.is_first_contact and outcome.failure == pb.FAILURE_REACH_OUT_LIMIT
        else None,
    )


def _refused(outcome: pb.Outcome, attempt: Attempt, settings: DispatchSettings) -> Action:
    match _row(outcome.failure):
        case Final() as row:
            return Action(MessageState.FAILED, row.reason, stops_enrollment=row.ends_enrollment)
        case DeviceFault() as row:
            change = device_change(outcome.failure, outcome.hold_s, settings, outcome.ban_reason)
            return Action(MessageState.PENDING, row.reason, device=change)
        case NewChats() if attempt.is_first_contact:
            return Action(
                MessageState.PENDING, MessageReason.REACH_OUT_LIMIT, holds_chats_s=float(outcome.hold_s)
            )
        case NewChats() | Passing():
            if attempt.number >= settings.attempts:
                return Action(MessageState.FAILED, MessageReason.TOO_MANY_ATTEMPTS)
            wait, reason = retry_wait(attempt.number, settings), MessageReason.TRANSIENT
            if outcome.failure == pb.FAILURE_REACH_OUT_LIMIT:
                # The network does not know the chat any more, or not yet.
                wait, reason = wait + settings.chat_retry_s, MessageReason.REACH_OUT_LIMIT
            return Action(MessageState.PENDING, reason, retry_s=wait)
        case never:
            assert_never(never)


def _row(failure: int) -> Row:
    return FAILURES.get(failure, _PASSING)


def retry_wait(attempts: int, settings: DispatchSettings) -> float:
    """Seconds until the next attempt: doubling, capped at 10 minutes, half of it jitter."""
    ceiling = min(_RETRY_CAP_S, settings.retry_s * 2 ** min(attempts - 1, 20))
    return random.uniform(ceiling / 2, ceiling)


def ban_word(reason: int) -> str:
    """What a ban is for, as rows have it; empty where the network does not say."""
    if reason == pb.BAN_REASON_UNSPECIFIED:
        return ""
    # Of a host that is newer than this replica.
    known = reason if reason in pb.BanReason.values() else pb.BAN_REASON_OTHER
    return pb.BanReason.Name(cast(pb.BanReason, known)).removeprefix("BAN_REASON_").lower()


def device_change(
    failure: int, hold_s: float, settings: DispatchSettings, ban_reason: int = pb.BAN_REASON_UNSPECIFIED
) -> DeviceChange | None:
    """The hold or park a failure class calls for; None when it says nothing about the device."""
    row = _row(failure)
    if not isinstance(row, DeviceFault):
        return None
    why = ban_word(ban_reason) if failure in _BANS else ""
    if row.state is DeviceState.PARKED:
        return DeviceChange(row.state, row.reason, ban_reason=why)
    if row.is_of_client:
        return DeviceChange(row.state, row.reason, _UNTIL_UPGRADED_S, is_of_client=True)
    if failure == pb.FAILURE_REPLACED:
        return DeviceChange(row.state, row.reason, _REPLACED_S, _REPLACED_AGAIN_S)
    default = _RATE_LIMIT_S if failure == pb.FAILURE_RATE_LIMITED else settings.hold_s
    return DeviceChange(row.state, row.reason, hold_s or default, ban_reason=why)


def may_connect(state: str, reason: str) -> bool:
    """Whether a device's host is to keep a session, or to open one; dispatch alone says when.

    A host with ideas of its own about the end of a ban would try into it, and each refusal is a new hold.
    """
    return state != DeviceState.PARKED and (state, reason) not in _CLOSING


def event_change(event: pb.DeviceEvent, settings: DispatchSettings) -> DeviceChange | None:
    """The hold or park a session's event calls for."""
    if event.type not in EVENTS:
        raise ValueError("an event that this version does not know")
    return device_change(EVENTS[event.type], event.hold_s, settings, event.ban_reason)
