"""Each way an attempt can end has one action."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.policy import (
    EVENTS,
    FAILURES,
    Attempt,
    DeviceChange,
    decide,
    event_change,
    may_connect,
    retry_wait,
)
from services.dispatch.settings import DispatchSettings
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.states import DeviceState
from tests.support.secret import SECRET

SETTINGS = DispatchSettings(
    secret=SECRET, postgres_dsn="postgresql://nowhere/none", attempts=3, repeats=5, retry_s=4, hold_s=99
)
FIRST = Attempt(1, is_repeat=False, may_ask=True)


def outcome(result, failure=pb.FAILURE_UNSPECIFIED, hold_s=0):
    return pb.Outcome(result=result, failure=failure, hold_s=hold_s)


def refused(failure, attempt=FIRST, hold_s=0):
    return decide(outcome(pb.Outcome.RESULT_REFUSED, failure, hold_s), attempt, SETTINGS)


def test_every_failure_class_and_every_event_has_a_row_of_its_own():
    assert set(FAILURES) == set(pb.Failure.values())
    assert set(EVENTS) == set(pb.DeviceEvent.Type.values())
    assert set(EVENTS.values()) <= set(FAILURES)


def test_a_class_that_only_a_newer_host_knows_is_a_passing_one():
    assert refused(max(pb.Failure.values()) + 1).reason is MessageReason.TRANSIENT


def test_sent_is_sent_whatever_came_before():
    for attempt in (FIRST, Attempt(4, is_repeat=True, may_ask=True)):
        assert decide(outcome(pb.Outcome.RESULT_SENT), attempt, SETTINGS).state is MessageState.SENT


def test_no_answer_is_repeated_only_where_that_is_safe():
    ambiguous = outcome(pb.Outcome.RESULT_AMBIGUOUS)
    repeats = decide(ambiguous, FIRST, SETTINGS)
    assert (repeats.state, repeats.stays, repeats.was_sent) == (MessageState.UNKNOWN, True, True)
    waits = decide(ambiguous, Attempt(1, is_repeat=False, may_ask=False), SETTINGS)
    assert (waits.state, waits.stays) == (MessageState.UNKNOWN, False)
    enough = decide(ambiguous, Attempt(5, is_repeat=True, may_ask=True), SETTINGS)
    assert (enough.state, enough.stays) == (MessageState.UNKNOWN, False)


@pytest.mark.parametrize("result", [pb.Outcome.RESULT_REFUSED, pb.Outcome.RESULT_NOT_SENT])
def test_a_refused_repeat_proves_nothing_of_the_attempt_before(result):
    repeat = Attempt(2, is_repeat=True, may_ask=True)
    for failure in pb.Failure.values():
        action = decide(outcome(result, failure), repeat, SETTINGS)
        assert action.state is MessageState.UNKNOWN
        assert not action.stops_enrollment


def test_a_passing_failure_is_tried_again_then_final():
    assert refused(pb.FAILURE_TRANSIENT).state is MessageState.PENDING
    last = refused(pb.FAILURE_TRANSIENT, Attempt(3, is_repeat=False, may_ask=True))
    assert (last.state, last.reason) == (MessageState.FAILED, MessageReason.TOO_MANY_ATTEMPTS)


def test_a_fault_of_the_device_keeps_the_message_and_never_moves_it():
    for failure, state in (
        (pb.FAILURE_TEMPORARY_BAN, "held"),
        (pb.FAILURE_RATE_LIMITED, "held"),
        (pb.FAILURE_BANNED, "parked"),
        (pb.FAILURE_LOGGED_OUT, "parked"),
        (pb.FAILURE_REPLACED, "held"),
    ):
        action = refused(failure, Attempt(50, is_repeat=False, may_ask=True))
        assert action.state is MessageState.PENDING
        assert action.device.state == state


def test_a_refused_first_contact_holds_the_first_contacts_and_not_the_device():
    for number in (1, 50):
        first = refused(pb.FAILURE_REACH_OUT_LIMIT, Attempt(number, is_repeat=False, may_ask=True), hold_s=7)
        assert (first.state, first.holds_chats_s, first.device) == (MessageState.PENDING, 7.0, None)


def test_a_chat_that_is_refused_is_tried_again_later_and_holds_nothing():
    def chat(number: int):
        attempt = Attempt(number, is_repeat=False, may_ask=True, is_first_contact=False)
        return refused(pb.FAILURE_REACH_OUT_LIMIT, attempt)

    again = chat(1)
    assert (again.state, again.holds_chats_s, again.device) == (MessageState.PENDING, None, None)
    assert again.retry_s >= 900
    assert chat(3).state is MessageState.FAILED


def test_a_hold_lasts_as_long_as_the_network_says():
    assert refused(pb.FAILURE_TEMPORARY_BAN, hold_s=7).device.hold_s == 7
    assert refused(pb.FAILURE_TEMPORARY_BAN).device.hold_s == 99


def test_a_session_that_was_replaced_is_held_and_parks_when_it_happens_again():
    event = pb.DeviceEvent(type=pb.DeviceEvent.TYPE_REPLACED)
    change = event_change(event, SETTINGS)
    assert (
        change
        == refused(pb.FAILURE_REPLACED).device
        == DeviceChange(DeviceState.HELD, MessageReason.REPLACED, 10.0, 600.0)
    )


def test_a_host_does_not_take_a_device_back_while_the_hold_lasts():
    assert not may_connect("held", "replaced")
    assert not may_connect("parked", "banned")
    assert not may_connect("held", "temporary_ban")
    assert may_connect("held", "rate_limited")
    assert may_connect("active", "replaced")


def test_a_lead_without_an_account_ends_its_enrollment():
    action = refused(pb.FAILURE_NOT_ON_WHATSAPP)
    assert (action.state, action.stops_enrollment) == (MessageState.FAILED, True)
    assert not refused(pb.FAILURE_INVALID_MESSAGE).stops_enrollment


def test_waits_double_up_to_the_cap():
    waits = [max(retry_wait(attempts, SETTINGS) for _ in range(200)) for attempts in (1, 2, 3, 30)]
    for wait, ceiling in zip(waits, (4, 8, 16, 600), strict=True):
        assert ceiling * 0.5 <= wait <= ceiling


def test_events_outside_a_send():
    assert event_change(pb.DeviceEvent(type=pb.DeviceEvent.TYPE_DISCONNECTED), SETTINGS) is None
    assert event_change(pb.DeviceEvent(type=pb.DeviceEvent.TYPE_LOGGED_OUT), SETTINGS) == DeviceChange(
        DeviceState.PARKED, MessageReason.LOGGED_OUT
    )
    banned = pb.DeviceEvent(type=pb.DeviceEvent.TYPE_TEMPORARY_BAN, hold_s=5)
    assert event_change(banned, SETTINGS) == DeviceChange(DeviceState.HELD, MessageReason.TEMPORARY_BAN, 5)


def test_a_doubt_that_ended_in_a_lasting_refusal_is_not_repeated():
    for failure in (pb.FAILURE_NOT_ON_WHATSAPP, pb.FAILURE_INVALID_MESSAGE):
        action = decide(outcome(pb.Outcome.RESULT_AMBIGUOUS, failure), FIRST, SETTINGS)
        assert (action.state, action.stays, action.stops_enrollment) == (MessageState.UNKNOWN, False, False)
