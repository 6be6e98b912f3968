"""A failure class and the end of a session have one name wherever they stand, and follow one table."""

from types import ModuleType

import pytest

from kompang.dispatch.v1 import dispatch_pb2
from kompang.simulation.v1 import behavior_pb2
from services.dispatch.policy import EVENTS, FAILURES, DeviceFault, event_change, may_connect
from services.dispatch.settings import DispatchSettings
from shardhost import connection, worker
from shardhost.connection import FINAL
from shardhost.transports import simulated_session
from shardhost.transports.transport import BanReason, Failure, SessionEnd
from tests.support.secret import SECRET

refusals, events = connection._REFUSALS, worker._EVENTS
# What no network says: nothing, and what a host finds before it asks one.
OF_NO_NETWORK = {"FAILURE_UNSPECIFIED", "FAILURE_RENDER"}
SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://nowhere/none")


@pytest.mark.parametrize("proto", [dispatch_pb2, behavior_pb2], ids=["dispatch", "simulation"])
def test_a_failure_has_one_name_and_number_everywhere(proto: ModuleType) -> None:
    known = {f"FAILURE_{failure.name}": failure.value for failure in Failure}
    assert {name: number for name, number in proto.Failure.items() if name not in OF_NO_NETWORK} == known


@pytest.mark.parametrize("proto", [dispatch_pb2, behavior_pb2], ids=["dispatch", "simulation"])
def test_what_a_ban_is_for_has_one_name_and_number_everywhere(proto: ModuleType) -> None:
    assert {f"BAN_REASON_{reason.name}": reason.value for reason in BanReason} == dict(
        proto.BanReason.items()
    )
    assert BanReason(99) is BanReason.OTHER


def test_what_refuses_a_session_ends_one_by_the_same_name() -> None:
    # These end one and refuse none.
    passing = {
        SessionEnd.DISCONNECTED: Failure.TRANSIENT,
        SessionEnd.PUMP_LOST: Failure.PUMP_LOST,
    }
    ends = {end.name for end in SessionEnd if end not in passing}
    assert {failure.name: end.name for failure, end in refusals.items()} == {name: name for name in ends}
    assert {end: failure for failure, end in simulated_session._ENDS.items()} == {
        end: failure for failure, end in refusals.items()
    } | passing


@pytest.mark.parametrize("end", SessionEnd)
def test_an_end_is_final_for_the_host_where_dispatch_wants_no_session(end: SessionEnd) -> None:
    event = dispatch_pb2.DeviceEvent(type=events[end])
    assert dispatch_pb2.DeviceEvent.Type.Name(events[end]) == f"TYPE_{end.name}"
    change = event_change(event, SETTINGS)
    assert (change is not None and not may_connect(change.state, change.reason)) == (end in FINAL)


def test_what_closes_a_device_is_what_ends_its_session() -> None:
    closing = {number for number, row in FAILURES.items() if isinstance(row, DeviceFault) and row.closes}
    assert closing == {EVENTS[events[end]] for end in FINAL}
