"""Messages: what is due, and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.dispatch.due.store import Due
from services.dispatch.outcomes.store import Result
from services.dispatch.receipts.store import Named, Receipt
from services.message.state import MessageState
from tests.model.database import first_contacts
from tests.model.database.tables import Database, Device, Message

_S = MessageState


def scan(db: Database, devices: Mapping[int, bool], room: int, horizon: float) -> list[Due]:
    found = []
    for number, is_idle in devices.items():
        device = db.devices_by_id[number]
        found += [_due_row(db, message) for message in _due(db, device, horizon)[:room]]
        if is_idle and device.in_flight and db.guards.scan_tells_left_over:
            found.append(_due_row(db, device.in_flight, is_left_over=True))
    return found


def _due(db: Database, device: Device, horizon: float) -> list[Message]:
    now = db.clock()
    due = [
        m for m in device.messages if m.state is _S.PENDING and m.due <= now + horizon and m.not_before <= now
    ]
    return sorted(due, key=lambda m: (m.due, m.id))


def _due_row(db: Database, message: Message, *, is_left_over: bool = False) -> Due:
    return Due(message.device.id, message.id, message.scheduled_at, message.due - db.clock(), is_left_over)


def record_outcomes(db: Database, results: Iterable[Result]) -> dict[int, str]:
    changed: dict[int, str] = {}
    for reported in results:
        message = db.messages[reported.message_id]
        is_recorded = _is_recorded(db, message, reported)
        result = _with_doubt(message, reported)
        if is_recorded:
            _record(db, message, result)
            changed[message.id] = result.state
        _pace(db, message, result, is_recorded=is_recorded)
    return changed


def record_receipts(db: Database, receipts: Sequence[Receipt]) -> list[Named]:
    return [_receipt(db, receipt) for receipt in receipts]


def _receipt(db: Database, receipt: Receipt) -> Named:
    message = db.messages.get(int(receipt.wire_id[1:]))
    if message is None or message.device.id != receipt.device_id:
        return Named(receipt, message.id if message else None, None, None, is_moved=False)
    before = message.state
    moves = before is _S.SENT or (before is _S.DELIVERED and receipt.kind is _S.READ)
    if moves or (not db.guards.receipts_go_forward and before is not receipt.kind):
        db.step(message, receipt.kind)
    return Named(receipt, message.id, message.scheduled_at, before, is_moved=moves)


def settle_receipts(db: Database, named: Iterable[Named]) -> int:
    found = [
        (db.messages[each.message_id], each.receipt.kind) for each in named if each.message_id and each.state
    ]
    return sum(_settle(db, message, kind) for message, kind in found)


def _settle(db: Database, message: Message, kind: MessageState) -> bool:
    if message.attempts == 0 or message.state in (kind, _S.READ):
        return False
    is_new = message.state not in (_S.SENT, _S.DELIVERED)
    db.step(message, kind)
    if not is_new:
        return False
    device = message.device
    device.chats.add(message.lead)
    device.pace_version += 1
    if device.in_flight is message:
        first_contacts.count(db, device)
        db.land(device)
        device.last_sent = db.clock()
    if message is db.leads[message.lead][-1]:
        db.ended.add(message.lead)
    return True


def _with_doubt(message: Message, result: Result) -> Result:
    """The host that reports may not know that its attempt was a repeat."""
    if message.is_repeat and result.state in (_S.PENDING, _S.FAILED) and not result.never_sent:
        return replace(result, state=_S.UNKNOWN, stays=True, stops=False)
    return result


def _record(db: Database, message: Message, result: Result) -> None:
    if message.state is not result.state:
        db.step(message, result.state)
    if result.state is _S.SENT:
        message.device.chats.add(message.lead)
    if result.state is _S.PENDING and (result.never_sent or not message.is_settled):
        message.handed = None
    if result.retry_s > 0:
        message.not_before = db.clock() + result.retry_s
    if result.stops:
        _stop(db, message)
    elif result.state in ("sent", "failed") and message is db.leads[message.lead][-1]:
        db.ended.add(message.lead)


def _pace(db: Database, message: Message, result: Result, *, is_recorded: bool) -> None:
    device = message.device
    device.pace_version += 1
    if device.in_flight is message and is_recorded and not result.stays:
        if result.state in (_S.SENT, _S.UNKNOWN):
            first_contacts.count(db, device)
        db.land(device)
    if result.was_sent:
        at = db.clock() - result.age_s
        device.last_sent = at if device.last_sent is None else max(device.last_sent, at)


def _is_recorded(db: Database, message: Message, result: Result) -> bool:
    if not db.guards.outcome_checks_epoch:
        return True
    is_of_this_hand = result.attempt in (0, message.attempts)
    if message.state is _S.HANDED and message.epoch == result.epoch and is_of_this_hand:
        return True
    ended = (_S.SENT, _S.DELIVERED, _S.READ)
    if result.state is not _S.SENT or message.epoch is None or message.state in ended:
        return False
    is_earlier = message.attempts > 1 and result.epoch < message.epoch
    return message.device.id == result.device_id and (message.epoch == result.epoch or is_earlier)


def _stop(db: Database, failed: Message) -> None:
    """`record_outcomes` ends the enrollment, `cancel_rest` its planned messages."""
    db.ended.add(failed.lead)
    for message in db.leads[failed.lead]:
        if message.state is _S.PENDING:
            db.step(message, _S.CANCELLED)
