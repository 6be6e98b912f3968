"""The states of devices and enrollments, in the words that their rows carry."""

from enum import StrEnum


class DeviceState(StrEnum):
    """The values of `device.state`; what changes them is in `services/dispatch/policy.py`."""

    ACTIVE = "active"
    HELD = "held"
    PARKED = "parked"


class EnrollmentState(StrEnum):
    """The values of `enrollment.state`."""

    ACTIVE = "active"
    HELD = "held"
    FINISHED = "finished"
    STOPPED = "stopped"
