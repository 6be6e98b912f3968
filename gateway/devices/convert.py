"""A device between the public API and how it is kept; what a caller leaves unset gets its default here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway import phones, wire
from gateway.devices import states
from gateway.devices.check import DEFAULT_MAX_DELAY, MASK, delays
from gateway.devices.model import Draft, Settings, Stored
from gateway.resource import etag
from gateway.unreadable import of_row
from kompang.v1 import devices_pb2 as pb

# The figures of the proto's comments.
DEFAULT_FIRST_DAY = 20
DEFAULT_GROWTH = 1.5

Seal = Callable[[str, str], bytes]
"""The proxy of the device with this number, as it is kept."""


@of_row(lambda stored: stored.name)
def to_proto(stored: Stored) -> pb.Device:
    """A stored device as the public API shows it."""
    settings = stored.settings
    return pb.Device(
        name=stored.name,
        display_name=settings.display_name,
        phone=stored.phone,
        min_delay=wire.duration(settings.min_delay),
        max_delay=wire.duration(settings.max_delay),
        daily_cap=settings.daily_cap,
        warm_up=_warm_up(settings),
        state=f"STATE_{stored.state.upper()}",
        state_reason=stored.state_reason,
        state_detail=states.why(stored.state, stored.state_reason, stored.ban_reason),
        ban_reason=_named("BAN_REASON", stored.ban_reason),
        hold_end_time=wire.timestamp(_ends_at(stored)),
        transport=_named("TRANSPORT", stored.transport),
        link_state=_named("LINK_STATE", stored.link_state),
        jid=stored.jid,
        label=settings.label,
        has_proxy=settings.proxy is not None,
        shard=stored.shard,
        host=stored.host,
        last_send_time=wire.timestamp(stored.last_sent_at),
        create_time=wire.timestamp(stored.created_at),
        etag=etag(stored),
        sent_today_count=stored.sent_today,
        cap_today=stored.cap_today,
        pending_count=stored.pending,
        accepted_count=stored.accepted,
        undelivered_count=stored.undelivered,
        first_contact_cap=settings.first_contact_cap,
        first_contact_today_count=stored.first_contacts_today,
        first_contact_cap_today=stored.first_contact_cap_today,
        first_contact_hold_end_time=wire.timestamp(stored.first_contacts_held_until),
    )


def draft_of(device: pb.Device, seal: Seal) -> Draft:
    """A checked device, ready to be written."""
    phone = phones.possible(device.phone)
    transport = wire.word(pb.Device.Transport, device.transport, "simulated")
    return Draft(phone, transport, _settings(device, phone, seal))


def merged(stored: Stored, request: pb.UpdateDeviceRequest, seal: Seal) -> Settings:
    """The settings that an update asks for; a least delay that is raised alone moves the most along."""
    given, before = request.device, stored.settings
    named = MASK.named(request.update_mask.paths, given)
    settings = MASK.merged(before, _settings(given, stored.phone, seal), named)
    if "max_delay" in named and given.HasField("max_delay"):
        return settings
    most = DEFAULT_MAX_DELAY if "max_delay" in named else before.max_delay
    return replace(settings, max_delay=max(settings.min_delay, most))


def _settings(device: pb.Device, phone: str, seal: Seal) -> Settings:
    least, most = delays(device)
    start, growth = _warm_up_of(device)
    return Settings(
        device.display_name,
        least,
        most,
        device.daily_cap,
        start,
        growth,
        device.first_contact_cap,
        device.label,
        # Whoever may not read it finds nothing of it in the row either.
        seal(device.proxy, phone) if device.proxy else None,
    )


def _named(prefix: str, word: str) -> str | None:
    """A word of a row as a value of its enum; None where there is none."""
    return f"{prefix}_{word.upper()}" if word else None


def _ends_at(stored: Stored) -> datetime | None:
    """A hold for a client that is outdated has an end in the row, and none that means anything."""
    return None if stored.state_reason == states.CLIENT_OUTDATED else stored.held_until


def _warm_up_of(device: pb.Device) -> tuple[int, float]:
    """The cap of the first day, 0 for no warm-up, and its growth a day."""
    if not device.HasField("warm_up"):
        return 0, DEFAULT_GROWTH
    wanted = device.warm_up
    growth = wanted.daily_growth if wanted.HasField("daily_growth") else DEFAULT_GROWTH
    return wanted.first_day_count or DEFAULT_FIRST_DAY, growth


def _warm_up(settings: Settings) -> pb.WarmUp | None:
    if not settings.warmup_start:
        return None
    return pb.WarmUp(first_day_count=settings.warmup_start, daily_growth=settings.warmup_growth)
