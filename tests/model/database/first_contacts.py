"""Chats, and how many of them a device may begin."""

from collections.abc import Iterable

from services.dispatch.devices.store import ChatsHeld
from services.dispatch.hand.store import Decision
from services.message.state import MessageState
from tests.model.database.tables import Database, Device, Message


def begins_chat(db: Database, message: Message) -> bool:
    return message.lead not in message.device.chats


def is_full(db: Database, device: Device, at: float) -> bool:
    """Whether the day's chats have begun."""
    return 0 < device.first_cap <= (device.first_count if device.first_day == db.day(at) else 0)


def count(db: Database, device: Device) -> None:
    """What was in flight has begun a chat, or may have."""
    if device.is_first_contact:
        today = db.day(db.clock())
        device.first_count = device.first_count + 1 if device.first_day == today else 1
        device.first_day = today


def defer_first_contacts(db: Database, refused: Iterable[Decision]) -> dict[int, int]:
    return {each.device_id: many for each in refused if (many := _defer(db, each))}


def _defer(db: Database, refused: Decision) -> int:
    device, now = db.devices_by_id[refused.device_id], db.clock()
    if device.first_held_until <= now and not is_full(db, device, now):
        return 0
    device.pace_version += 1
    cold = [m for m in device.messages if _is_cold(db, m, now, refused.message_id)]
    for message in sorted(cold, key=lambda m: (m.due, m.id)):
        message.not_before = _place(db, device, now)
    return len(cold)


def _is_cold(db: Database, message: Message, now: float, refused: int) -> bool:
    is_due = message.id == refused or (message.due <= now + 3600 and message.not_before <= now)
    return message.state is MessageState.PENDING and is_due and begins_chat(db, message)


def _place(db: Database, device: Device, now: float) -> float:
    if not device.first_cap:
        return device.first_held_until
    tomorrow = max(db.midnight(db.day(now)), device.first_held_until)
    slot = device.first_slot
    turn = slot if slot is not None and tomorrow < slot < tomorrow + 7 * db.day_s else tomorrow
    device.first_slot = turn + db.day_s / device.first_cap
    return turn


def hold_first_contacts(db: Database, held: Iterable[ChatsHeld], hold_s: float) -> set[int]:
    return {each.device_id for each in held if _hold(db, each, hold_s)}


def _hold(db: Database, each: ChatsHeld, hold_s: float) -> bool:
    device, now = db.devices_by_id[each.device_id], db.clock()
    if db.guards.hold_checks_chat and not begins_chat(db, db.messages[each.message_id]):
        return False
    if device.first_held_until > now or db.leases[device.shard].epoch != each.epoch:
        return False
    is_soon = device.first_hold > 0 and device.first_held_until + device.first_hold > now
    usual = 0.0 if each.hold_s else hold_s
    device.first_hold = max(each.hold_s, 2 * device.first_hold if is_soon else usual)
    device.first_held_until = now + device.first_hold
    return True
