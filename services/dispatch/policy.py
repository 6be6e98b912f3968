"""What is done about each way an attempt can end: one table, no exceptions elsewhere."""

import random
from dataclasses import dataclass
from typing import Literal

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.settings import DispatchSettings
from services.message.reason import MessageReason
from services.message.state import MessageState

_RETRY_CAP_S = 600.0
_RATE_LIMIT_S = 60.0
_NOT_SENT_S = 0.5
# A predecessor that was stopped takes the device from its successor when it goes on, and drops it as soon
# as it looks at its term: that passes. Somebody else's session comes again.
_REPLACED_S = 10.0
_REPLACED_AGAIN_S = 600.0


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """A hold with an end, or a park without one.

    A hold parks instead when the last one for this reason was less than `again_s` ago.
    """

    state: Literal["held", "parked"]
    reason: MessageReason
    hold_s: float = 0.0
    again_s: float = 0.0


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
    stops_enrollment: bool = False
    device: DeviceChange | None = None


# Refusals that say nothing against the message: it waits, and the device changes.
_DEVICE_FAULTS: dict[int, tuple[Literal["held", "parked"], MessageReason]] = {
    pb.FAILURE_RATE_LIMITED: ("held", MessageReason.RATE_LIMITED),
    pb.FAILURE_TEMPORARY_BAN: ("held", MessageReason.TEMPORARY_BAN),
    pb.FAILURE_REACH_OUT_LIMIT: ("held", MessageReason.REACH_OUT_LIMIT),
    pb.FAILURE_LOGGED_OUT: ("parked", MessageReason.LOGGED_OUT),
    pb.FAILURE_BANNED: ("parked", MessageReason.BANNED),
    # Parked when it happens again within ten minutes: `device_change`.
    pb.FAILURE_REPLACED: ("held", MessageReason.REPLACED),
}

# Refusals that no retry can mend.
_FINAL: dict[int, MessageReason] = {
    pb.FAILURE_NOT_ON_WHATSAPP: MessageReason.NOT_ON_WHATSAPP,
    pb.FAILURE_INVALID_MESSAGE: MessageReason.INVALID_MESSAGE,
    pb.FAILURE_RENDER: MessageReason.RENDER,
}

_EVENTS: dict[int, int] = {
    pb.DeviceEvent.TYPE_REPLACED: pb.FAILURE_REPLACED,
    pb.DeviceEvent.TYPE_LOGGED_OUT: pb.FAILURE_LOGGED_OUT,
    pb.DeviceEvent.TYPE_BANNED: pb.FAILURE_BANNED,
    pb.DeviceEvent.TYPE_TEMPORARY_BAN: pb.FAILURE_TEMPORARY_BAN,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """The attempt an outcome is of: its number, and whether an earlier one may have gone."""

    number: int
    is_repeat: bool
    repeatable: bool


def decide(outcome: pb.Outcome, attempt: Attempt, settings: DispatchSettings) -> Action:
    """The action for one outcome."""
    if outcome.result == pb.Outcome.RESULT_SENT:
        return Action(MessageState.SENT, was_sent=True)
    if attempt.is_repeat or outcome.result == pb.Outcome.RESULT_AMBIGUOUS:
        return _ambiguous(outcome, attempt, settings)
    if outcome.result == pb.Outcome.RESULT_REFUSED:
        return _refused(outcome, attempt.number, settings)
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
    repeats = attempt.repeatable and attempt.number < settings.repeats and outcome.failure not in _FINAL
    return Action(
        MessageState.UNKNOWN,
        MessageReason.NO_ANSWER,
        was_sent=outcome.result == pb.Outcome.RESULT_AMBIGUOUS,
        stays=repeats,
        device=device_change(outcome.failure, outcome.hold_s, settings),
    )


def _refused(outcome: pb.Outcome, attempts: int, settings: DispatchSettings) -> Action:
    failure = outcome.failure
    if failure in _FINAL:
        ends = failure == pb.FAILURE_NOT_ON_WHATSAPP
        return Action(MessageState.FAILED, _FINAL[failure], stops_enrollment=ends)
    change = device_change(failure, outcome.hold_s, settings)
    if change is not None:
        return Action(MessageState.PENDING, change.reason, device=change)
    if attempts >= settings.attempts:
        return Action(MessageState.FAILED, MessageReason.TOO_MANY_ATTEMPTS)
    return Action(MessageState.PENDING, MessageReason.TRANSIENT, retry_s=retry_wait(attempts, settings))


def retry_wait(attempts: int, settings: DispatchSettings) -> float:
    """Seconds until the next attempt: doubling, capped at 10 minutes, half of it jitter."""
    ceiling = min(_RETRY_CAP_S, settings.retry_s * 2 ** min(attempts - 1, 20))
    return random.uniform(ceiling / 2, ceiling)


def device_change(failure: int, hold_s: float, settings: DispatchSettings) -> DeviceChange | None:
    """The hold or park a failure class calls for; None when it says nothing about the device."""
    if failure not in _DEVICE_FAULTS:
        return None
    state, reason = _DEVICE_FAULTS[failure]
    if state == "parked":
        return DeviceChange(state, reason)
    if failure == pb.FAILURE_REPLACED:
        return DeviceChange(state, reason, _REPLACED_S, _REPLACED_AGAIN_S)
    default = _RATE_LIMIT_S if failure == pb.FAILURE_RATE_LIMITED else settings.hold_s
    return DeviceChange(state, reason, hold_s or default)


def may_connect(state: str, reason: str) -> bool:
    """Whether a device's host is to keep a session; not where it would take the device from another."""
    return state != "parked" and (state, reason) != ("held", "replaced")


def event_change(event: pb.DeviceEvent, settings: DispatchSettings) -> DeviceChange | None:
    """The hold or park a session's event calls for."""
    if event.type not in pb.DeviceEvent.Type.values():
        raise ValueError("an event that this version does not know")
    return device_change(_EVENTS.get(event.type, pb.FAILURE_UNSPECIFIED), event.hold_s, settings)
