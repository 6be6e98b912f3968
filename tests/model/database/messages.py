"""Messages: what is due, and what came of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.dispatch.due.store import Due
from services.dispatch.outcomes.store import Result
from services.message.state import MessageState
from tests.model.database.tables import Database, Device, Message

_S = MessageState


def scan(db: Database, devices: Mapping[int, bool], room: int, horizon: float) -> list[Due]:
    found = []
    for number, is_idle in devices.items():
        device = db.devices_by_id[number]
        found += [_told(db, message) for message in _due(db, device, horizon)[:room]]
        if is_idle and device.in_flight and db.guards.scan_tells_left_over:
            found.append(_told(db, device.in_flight, is_left_over=True))
    return found


def _due(db: Database, device: Device, horizon: float) -> list[Message]:
    now = db.clock()
    due = [
        m for m in device.messages if m.state is _S.PENDING and m.due <= now + horizon and m.not_before <= now
    ]
    return sorted(due, key=lambda m: (m.due, m.id))


def _told(db: Database, message: Message, *, is_left_over: bool = False) -> Due:
    return Due(message.device.id, message.id, message.scheduled_at, message.due - db.clock(), is_left_over)


def record_outcomes(db: Database, results: Iterable[Result]) -> dict[int, str]:
    changed: dict[int, str] = {}
    for result in results:
        message = db.messages[result.message_id]
        is_recorded = _is_believed(db, message, result)
        told = _with_doubt(message, result)
        if is_recorded:
            _record(db, message, told)
            changed[message.id] = told.state
        _pace(db, message, told, is_recorded=is_recorded)
    return changed


def _with_doubt(message: Message, told: Result) -> Result:
    """Who tells may not know that it was a repeat."""
    if message.is_repeat and told.state in (_S.PENDING, _S.FAILED):
        return replace(told, state=_S.UNKNOWN, stays=True, stops=False)
    return told


def _record(db: Database, message: Message, told: Result) -> None:
    if message.state is not told.state:
        db.step(message, told.state)
    if told.state is _S.PENDING and not message.is_settled:
        message.handed = None
    if told.retry_s > 0:
        message.not_before = db.clock() + told.retry_s
    if told.stops:
        _stop(db, message)
    elif told.state in ("sent", "failed") and message is db.leads[message.lead][-1]:
        db.ended.add(message.lead)


def _pace(db: Database, message: Message, told: Result, *, is_recorded: bool) -> None:
    device = message.device
    device.pace_version += 1
    if device.in_flight is message and is_recorded and not told.stays:
        db.land(device)
    if told.was_sent:
        at = db.clock() - told.age_s
        device.last_sent = at if device.last_sent is None else max(device.last_sent, at)


def _is_believed(db: Database, message: Message, told: Result) -> bool:
    if not db.guards.outcome_checks_epoch:
        return True
    if message.state is _S.HANDED and message.epoch == told.epoch:
        return True
    ended = (_S.SENT, _S.DELIVERED, _S.READ)
    return told.state is _S.SENT and message.attempts > 0 and message.state not in ended


def _stop(db: Database, failed: Message) -> None:
    """`record_outcomes` ends the enrollment, `cancel_rest` its planned messages."""
    db.ended.add(failed.lead)
    for message in db.leads[failed.lead]:
        if message.state is _S.PENDING:
            db.step(message, _S.CANCELLED)
