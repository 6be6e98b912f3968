"""Pure: what is wrong with devices as a caller wrote them, and what they are without the defaults."""

from collections.abc import Iterator
from datetime import timedelta

from gateway import phones
from gateway.devices.store import Draft
from kompang.v1 import devices_pb2
from services.runtime.errors import Violation

# The figures of the proto's comments.
DEFAULT_MIN_DELAY = timedelta(seconds=5)
DEFAULT_MAX_DELAY = timedelta(seconds=15)
DEFAULT_FIRST_DAY = 20
DEFAULT_GROWTH = 1.5


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
    return Draft(
        phones.normalised(device.phone), device.display_name, least, most, device.daily_cap, start, growth
    )


def warm_up(device: devices_pb2.Device) -> tuple[int, float]:
    """The cap of the first day, 0 for no warm-up, and its growth a day, with the defaults filled in."""
    if not device.HasField("warm_up"):
        return 0, DEFAULT_GROWTH
    wanted = device.warm_up
    growth = wanted.daily_growth if wanted.HasField("daily_growth") else DEFAULT_GROWTH
    return wanted.first_day_count or DEFAULT_FIRST_DAY, growth
