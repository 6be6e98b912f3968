"""Pure: an outcome as a host wrote it, checked and turned into a row.

A host may be of another version, or broken. What is out of range here would be refused by the database, and
with it the outcomes of other devices in the same statement.
"""

from opentelemetry import trace

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.consent.number_forms import canonical
from services.dispatch.outcomes.store import Result, Told
from services.dispatch.policy import Action
from services.dispatch.window.window import Entry
from services.message.state import MessageState
from services.runtime import telemetry

tracer = trace.get_tracer(__name__)

_MOST_DEVICES = 2**31 - 1
_LONGEST_NUMBER = 20
# The most that the column takes.
_MOST_ATTEMPTS = 2**15 - 1
# Longer than any hash that a host of ours sends.
_LONGEST_HASH = 64
# Of the state that a receipt gave a message no outcome is an error.
_ARRIVED = (MessageState.DELIVERED, MessageState.READ)


def result(outcome: pb.Outcome, action: Action, waited_s: float) -> Result:
    """The row of an outcome that waited so long here. Raises `ValueError` or `OverflowError` for no row."""
    device_id, message_id = device_of(outcome), message_of(outcome)
    if device_id is None or message_id is None:
        raise ValueError("an id out of range")
    if outcome.epoch < 0:
        raise ValueError("an epoch out of range")
    if outcome.attempt > _MOST_ATTEMPTS:
        raise ValueError("an attempt out of range")
    if len(outcome.text_hash) > _LONGEST_HASH:
        raise ValueError("a hash that is too long")
    return Result(
        message_id=message_id,
        scheduled_at=Entry.checked(outcome.scheduled_at_us, message_id).scheduled_at,
        device_id=device_id,
        epoch=outcome.epoch,
        state=action.state,
        reason=action.reason,
        retry_s=action.retry_s,
        text_hash=outcome.text_hash or None,
        age_s=outcome.age_ms / 1000 + max(0.0, waited_s),
        was_sent=action.was_sent,
        stays=action.stays,
        stops=action.stops_enrollment,
        never_sent=action.never_sent,
        attempt=outcome.attempt,
    )


def told(outcome: pb.Outcome) -> Told | None:
    """What the network told of the recipient, if anything. Raises `ValueError` for no row."""
    lid, known_as = _digits(outcome.lid), _digits(outcome.known_as)
    if outcome.result != pb.Outcome.RESULT_SENT or not (lid or known_as):
        return None
    device_id, message_id = device_of(outcome), message_of(outcome)
    if device_id is None or message_id is None:
        raise ValueError("an id out of range")
    scheduled_at = Entry.checked(outcome.scheduled_at_us, message_id).scheduled_at
    return Told(device_id, outcome.epoch, message_id, scheduled_at, lid, known_as, canonical(known_as))


def _digits(text: str) -> str:
    is_number = len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit()
    return text if is_number else ""


def device_of(outcome: pb.Outcome) -> int | None:
    """The device's id, if there can be such a device."""
    return outcome.device_id if 0 < outcome.device_id <= _MOST_DEVICES else None


def message_of(outcome: pb.Outcome) -> int | None:
    """The message's id, if there can be such a message."""
    return outcome.message_id if outcome.message_id > 0 else None


def ids(outcome: pb.Outcome) -> dict[str, object]:
    """What names it in the log."""
    found: dict[str, object] = {"message_id": outcome.message_id, "device_id": outcome.device_id}
    trace_id = telemetry.trace_id(outcome.traceparent)
    return found | {"trace_id": trace_id} if trace_id else found


def span(outcome: pb.Outcome, action: Action, state: str) -> None:
    """Ends the message's trace."""
    settled = tracer.start_span(
        "outcome",
        context=telemetry.parent(outcome.traceparent),
        attributes={
            "messaging.system": "kompang",
            "messaging.operation.name": "settle",
            "messaging.operation.type": "settle",
            "messaging.message.id": str(outcome.message_id),
            "kompang.message.state": state,
        },
    )
    if action.state in (MessageState.FAILED, MessageState.UNKNOWN) and state not in _ARRIVED:
        settled.set_attribute("error.type", action.reason or action.state)
    settled.end()
