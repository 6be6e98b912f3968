"""Pure: what is wrong with devices as a caller wrote them, and what they are without the defaults."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gateway import phones
from gateway.devices.store import Draft, Settings
from kompang.v1 import devices_pb2
from services.runtime.errors import Violation

# The figures of the proto's comments.
DEFAULT_MIN_DELAY = timedelta(seconds=5)
DEFAULT_MAX_DELAY = timedelta(seconds=15)
DEFAULT_FIRST_DAY = 20
DEFAULT_GROWTH = 1.5

# What update_mask may name, and what is taken when it is empty.
FIELDS = ("display_name", "min_delay", "max_delay", "daily_cap", "warm_up")

# As in GetDevice; here the proto cannot say it, since BatchCreateDevices leaves the name empty.
_NAME = re.compile(r"devices/[1-9][0-9]{0,17}")


def check_create(request: devices_pb2.BatchCreateDevicesRequest) -> list[Violation]:
    """The rules that code knows for BatchCreateDevices."""
    first: dict[str, int] = {}
    found: list[Violation] = []
    for index, device in enumerate(request.devices):
        found += _check_phone(index, device.phone, first)
        if device.HasField("max_delay") and delays(device)[1] < delays(device)[0]:
            text = "is less than min_delay (5 s when unset); raise it, or set a lower min_delay"
            found.append(Violation(f"devices[{index}].max_delay", text))
    return found


def check_update(request: devices_pb2.UpdateDeviceRequest) -> list[Violation]:
    """The rules that code knows for UpdateDevice."""
    found = list(_check_mask(request.update_mask.paths))
    if not _NAME.fullmatch(request.device.name):
        text = "is not the name of a device; use one as ListDevices gives it: devices/12"
        found.append(Violation("device.name", text))
    return found


def check_delays(min_delay: timedelta, max_delay: timedelta) -> list[Violation]:
    """Those of a device as it would become."""
    if max_delay >= min_delay:
        return []
    text = "is less than min_delay; raise it, or set a lower min_delay in the same call"
    return [Violation("device.max_delay", text)]


def masked(request: devices_pb2.UpdateDeviceRequest) -> frozenset[str]:
    """The fields an update is to change: those of the mask, or those that are set without one."""
    paths = request.update_mask.paths
    if "*" in paths:
        return frozenset(FIELDS)
    return frozenset(
        paths or (field.name for field, _ in request.device.ListFields() if field.name in FIELDS)
    )


def _check_mask(paths: Any) -> Iterator[Violation]:
    unknown = [path for path in paths if path not in (*FIELDS, "*")]
    if unknown:
        text = f"names what cannot be changed ({', '.join(unknown[:5])}); use {', '.join(FIELDS)} or *"
        yield Violation("update_mask", text)
    if "*" in paths and len(paths) > 1:
        yield Violation("update_mask", "names fields beside *; use either")


def _check_phone(index: int, phone: str, first: dict[str, int]) -> Iterator[Violation]:
    try:
        earlier = first.setdefault(phones.normalised(phone), index)
    except phones.PhoneError as error:
        yield Violation(f"devices[{index}].phone", str(error))
        return
    if earlier != index:
        text = f"is the same number as devices[{earlier}].phone; send each number once"
        yield Violation(f"devices[{index}].phone", text)


def delays(device: devices_pb2.Device) -> tuple[timedelta, timedelta]:
    """Least and most time between two sends, with the defaults filled in."""
    least = device.min_delay.ToTimedelta() if device.HasField("min_delay") else DEFAULT_MIN_DELAY
    if device.HasField("max_delay"):
        return least, device.max_delay.ToTimedelta()
    return least, max(least, DEFAULT_MAX_DELAY)


def draft(device: devices_pb2.Device) -> Draft:
    """A checked device, ready to be written."""
    least, most = delays(device)
    start, growth = warm_up(device)
    settings = Settings(device.display_name, least, most, device.daily_cap, start, growth)
    return Draft(phones.normalised(device.phone), settings)


def merged(before: Settings, request: devices_pb2.UpdateDeviceRequest) -> Settings:
    """What an update asks for; a least delay that is raised alone moves the most along."""
    given, fields = request.device, masked(request)
    least, most = before.min_delay, before.max_delay
    if "min_delay" in fields:
        least = delays(given)[0]
        most = most if "max_delay" in fields else max(least, most)
    if "max_delay" in fields:
        most = given.max_delay.ToTimedelta() if given.HasField("max_delay") else max(least, DEFAULT_MAX_DELAY)
    start, growth = before.warmup_start, before.warmup_growth
    if "warm_up" in fields:
        start, growth = warm_up(given)
    return Settings(
        given.display_name if "display_name" in fields else before.display_name,
        least,
        most,
        given.daily_cap if "daily_cap" in fields else before.daily_cap,
        start,
        growth,
    )


def warm_up(device: devices_pb2.Device) -> tuple[int, float]:
    """The cap of the first day, 0 for no warm-up, and its growth a day, with the defaults filled in."""
    if not device.HasField("warm_up"):
        return 0, DEFAULT_GROWTH
    wanted = device.warm_up
    growth = wanted.daily_growth if wanted.HasField("daily_growth") else DEFAULT_GROWTH
    return wanted.first_day_count or DEFAULT_FIRST_DAY, growth
