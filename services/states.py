"""The states of devices and enrollments, in the words that their rows carry."""

from enum import StrEnum


class DeviceState(StrEnum):
    """The values of `device.state`; what changes them is in `services/dispatch/policy.py`."""

    ACTIVE = "active"
    HELD = "held"
    PARKED = "parked"


class LinkState(StrEnum):
    """The values of `device_link.state`; what changes them is in `services/dispatch/devices/link.py`."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    # The network knows no link of the device: it has to be linked again.
    UNPAIRED = "unpaired"


class EnrollmentState(StrEnum):
    """The values of `enrollment.state`."""

    ACTIVE = "active"
    HELD = "held"
    FINISHED = "finished"
    STOPPED = "stopped"
