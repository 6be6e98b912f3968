"""Devices: held, parked, freed, and told to whoever serves them."""

from collections.abc import Iterable

from services.dispatch.devices.store import DeviceMark, DeviceRow
from tests.model.database.tables import TRACEABLE, Database, Device, moment


def change_devices(db: Database, marks: Iterable[DeviceMark]) -> set[int]:
    changed = set()
    for mark in marks:
        device = db.devices_by_id[mark.device_id]
        if db.leases[device.shard].epoch == mark.epoch and _change(db, device, mark):
            changed.add(device.id)
    return changed


def _change(db: Database, device: Device, mark: DeviceMark) -> bool:
    now = db.clock()
    is_again = device.reason == mark.reason and device.updated > now - mark.again_s
    state = "parked" if is_again and device.state != "held" else mark.state
    if (device.state, device.reason) == (state, mark.reason):
        return False
    if device.state == "parked" and state == "held":
        return False
    device.state, device.reason, device.updated = state, mark.reason, now
    device.held_until = now + mark.hold_s if state == "held" else 0.0
    return True


def devices(db: Database, shards: Iterable[int]) -> list[DeviceRow]:
    wanted = set(shards)
    return [_row(db, device) for device in db.devices_by_id.values() if device.shard in wanted]


def changed_devices(db: Database, shards: Iterable[int], within: float) -> list[DeviceRow]:
    wanted = set(shards)
    served = [device for device in db.devices_by_id.values() if device.shard in wanted]
    for device in served:
        _free(db, device)
    return [_row(db, device) for device in served if device.updated > db.clock() - within]


def _free(db: Database, device: Device) -> None:
    """A hold that is over ends; that one was replaced is kept."""
    if device.state == "held" and device.held_until <= db.clock():
        device.state, device.held_until, device.updated = "active", 0.0, db.clock()
        if device.reason != "replaced":
            device.reason = ""


def _row(db: Database, device: Device) -> DeviceRow:
    left = device.in_flight
    return DeviceRow(
        id=device.id,
        shard=device.shard,
        transport=device.transport,
        repeatable=device.transport == "simulated",
        traceable=device.transport == TRACEABLE,
        phone=device.phone,
        state=device.state,
        reason=device.reason,
        jid="",
        proxy=None,
        updated_at=moment(device.updated),
        min_delay_s=device.min_delay,
        max_delay_s=device.max_delay,
        idle_s=None if device.last_sent is None else db.clock() - device.last_sent,
        in_flight_id=left.id if left else None,
        in_flight_at=left.scheduled_at if left else None,
    )
