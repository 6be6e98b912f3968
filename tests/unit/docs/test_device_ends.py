"""The table of `docs/devices.md`, the policy of dispatch and the sentences of the gateway say the same."""

import pytest

from gateway.devices import states
from kompang.dispatch.v1 import dispatch_pb2
from kompang.v1 import devices_pb2
from services.dispatch.policy import FAILURES, DeviceFault, device_change, may_connect
from services.dispatch.settings import DispatchSettings
from tests.support.device_ends import End, device_ends
from tests.support.secret import SECRET

SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://nowhere/none")
ENDS = device_ends()


@pytest.mark.parametrize("end", ENDS, ids=lambda end: f"{end.failure}-{end.state}")
def test_each_row_is_what_dispatch_does_and_the_gateway_says(end: End) -> None:
    failure = dispatch_pb2.Failure.Value(f"FAILURE_{end.failure}")
    assert end.fits(device_change(failure, 0, SETTINGS))
    keeps = may_connect(end.state, end.reason)
    assert end.session == {"active": "another one"}.get(end.state, "stays" if keeps else "closed")
    if end.state != "active":
        assert states.why(end.state, end.reason, "") == f"{end.what}: {end.remedy}"


def test_every_fault_of_a_device_has_its_row_and_its_sentence() -> None:
    faults = {number for number, row in FAILURES.items() if isinstance(row, DeviceFault)}
    told = {dispatch_pb2.Failure.Value(f"FAILURE_{end.failure}") for end in ENDS if end.state != "active"}
    assert told == faults
    assert {(end.state, end.reason) for end in ENDS if end.state != "active"} == {
        *(("held", reason) for reason in states.HELD),
        *(("parked", reason) for reason in states.PARKED if reason != states.UNLINKED),
    }


def test_what_a_ban_is_for_has_a_sentence_and_one_name_everywhere() -> None:
    words = {name.removeprefix("BAN_REASON_").lower() for name, _ in dispatch_pb2.BanReason.items()}
    assert words - {"unspecified"} == set(states.BAN_REASONS)
    assert dict(dispatch_pb2.BanReason.items()) == dict(devices_pb2.Device.BanReason.items())


def test_a_reason_of_a_newer_version_is_shown_as_it_stands() -> None:
    assert states.why("parked", "something_new", "") == "something_new"
    assert states.why("active", "replaced", "") == ""
    assert "people blocked it" in states.why("held", "temporary_ban", "blocked_by_users")
