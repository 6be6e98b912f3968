"""Pure: what is wrong with devices as a caller wrote them."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.checking import check_name
from gateway.devices.proxy import check_proxy
from gateway.phones import possible
from gateway.phones.check import check_each
from gateway.resource import UpdateMask
from kompang.v1 import devices_pb2 as pb
from services.runtime.errors import Violation

# The figures of the proto's comments.
DEFAULT_MIN_DELAY = timedelta(seconds=5)
DEFAULT_MAX_DELAY = timedelta(seconds=15)

# The fields that update_mask may name; an empty mask names those of them that the request sets.
FIELDS = (
    "display_name",
    "min_delay",
    "max_delay",
    "daily_cap",
    "warm_up",
    "first_contact_cap",
    "label",
    "proxy",
)
MASK = UpdateMask(FIELDS, kept_as={"warm_up": ("warmup_start", "warmup_growth")})

# As in GetDevice; here the proto cannot say it, since BatchCreateDevices leaves the name empty.
_NAME = "^devices/[1-9][0-9]{0,17}$"


def check_create(request: pb.BatchCreateDevicesRequest) -> list[Violation]:
    """The rules that code knows for BatchCreateDevices."""
    found = list(check_each("devices", [device.phone for device in request.devices], possible))
    for index, device in enumerate(request.devices):
        least, most = delays(device)
        if most < least:
            text = "is less than min_delay (5 s when unset); raise it, or set a lower min_delay"
            found.append(Violation(f"devices[{index}].max_delay", text))
        found += _check_link(f"devices[{index}]", device)
    return found


def check_update(request: pb.UpdateDeviceRequest) -> list[Violation]:
    """The rules that code knows for UpdateDevice."""
    return [
        *MASK.check(request.update_mask.paths),
        *check_name("device.name", request.device.name, _NAME),
        *_check_link("device", request.device),
    ]


def _check_link(path: str, device: pb.Device) -> Iterator[Violation]:
    yield from check_proxy(f"{path}.proxy", device.proxy)
    if not device.label.isprintable():
        yield Violation(f"{path}.label", "has line breaks or signs that cannot be seen; write one plain line")


def delays(device: pb.Device) -> tuple[timedelta, timedelta]:
    """Least and most time between two sends, with the defaults filled in."""
    least = device.min_delay.ToTimedelta() if device.HasField("min_delay") else DEFAULT_MIN_DELAY
    if device.HasField("max_delay"):
        return least, device.max_delay.ToTimedelta()
    return least, max(least, DEFAULT_MAX_DELAY)
