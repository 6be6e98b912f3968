"""An error before, during and after a send ends the one message."""

import asyncio
import logging
import math

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Wording
from services.runtime import containment, telemetry
from shardhost import attempt, tracing
from shardhost.transports.transport import (
    Failure,
    SendAmbiguous,
    SendRefused,
    TransportKind,
)
from shardhost.worker import Worker
from tests.unit.shardhost.containment.support import (
    TRACE,
    TRACEPARENT,
    Result,
    an_error,
    each_error,
    failing,
    failing_once,
    goes_on,
    outcome_of,
)
from tests.unit.shardhost.fakes import FakeTransport, rig

# Before the send


@each_error
async def test_an_error_while_rendering_refuses_the_message_and_the_device_goes_on(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Wording, "render", failing(error))
            refused = await outcome_of(r)
        assert (refused.result, refused.failure, refused.ready) == (
            Result.RESULT_REFUSED,
            pb.FAILURE_RENDER,
            True,
        )
        await goes_on(r)
        await goes_on(r, device=1)
    assert [outgoing.recipient for _, outgoing in r.transport.sent] == ["6019"] * 2


@each_error
async def test_an_error_of_the_fence_refuses_the_message(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Worker, "session_for", failing(error))
            refused = await outcome_of(r)
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        await goes_on(r)


@each_error
async def test_an_error_of_tracing_ahead_of_the_send_refuses_the_message(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(tracing.tracer, "start_as_current_span", failing(error))
            refused = await outcome_of(r, traceparent=TRACEPARENT)
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        await goes_on(r)
    assert len(r.transport.sent) == 1


async def test_a_repeat_that_fails_ahead_of_the_send_stays_ambiguous_and_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The attempt before it may have gone; the next repeat would fail again."""
    async with rig() as r:
        r.admit(1)
        await r.ready()
        monkeypatch.setattr(Wording, "render", failing(an_error))
        outcome = await outcome_of(r, repeat=True)
    assert (outcome.result, outcome.failure) == (Result.RESULT_AMBIGUOUS, pb.FAILURE_RENDER)
    assert not r.transport.sent


async def test_a_repeat_of_which_nothing_can_be_said_stays_ambiguous() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        outcome = await outcome_of(r, text="Hi {name", repeat=True)
    assert (outcome.result, outcome.failure) == (Result.RESULT_AMBIGUOUS, pb.FAILURE_RENDER)


# From the send on


@each_error
async def test_an_error_of_the_transports_send_is_ambiguous_and_is_not_repeated_here(
    error: Exception,
) -> None:
    async with rig(FakeTransport(answers=[error])) as r:
        r.admit(1, 2)
        await r.ready()
        outcome = await outcome_of(r)
        assert (outcome.result, outcome.failure, outcome.ready) == (
            Result.RESULT_AMBIGUOUS,
            pb.FAILURE_UNSPECIFIED,
            True,
        )
        assert len(outcome.text_hash) == 8
        await goes_on(r)
    assert len(r.transport.sent) == 2


async def test_a_send_that_the_transport_cancels_is_ambiguous_and_its_device_goes_on() -> None:
    async with rig(FakeTransport(kind=TransportKind.PLAIN, answers=[asyncio.CancelledError()])) as r:
        r.admit(1, 2)
        await r.ready()
        assert (await outcome_of(r)).result == Result.RESULT_AMBIGUOUS
        await goes_on(r, device=1)


async def test_an_error_of_tracing_after_the_send_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(attempt, "_report", failing_once(attempt._report, an_error))
            assert (await outcome_of(r)).result == Result.RESULT_AMBIGUOUS
        await goes_on(r)


async def test_an_error_of_the_pause_between_two_sends_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig(FakeTransport(answers=[SendAmbiguous()])) as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Worker, "pause", failing(an_error))
            assert (await outcome_of(r)).result == Result.RESULT_AMBIGUOUS
        await goes_on(r)


@pytest.mark.parametrize("hold", [math.nan, math.inf, -1.0, 1e18])
async def test_a_hold_that_makes_no_sense_is_bounded(hold: float) -> None:
    async with rig(FakeTransport(answers=[SendRefused(Failure.RATE_LIMITED, hold)])) as r:
        r.admit(1, 2)
        await r.ready()
        outcome = await outcome_of(r)
        assert (outcome.result, outcome.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RATE_LIMITED)
        assert 0 <= outcome.hold_s <= 366 * 86_400
        await goes_on(r)


# What is told of it


async def test_a_contained_message_is_counted_and_logged_once_with_its_ids_and_without_its_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = containment.counts["shardhost.message"]
    async with rig() as r:
        r.admit(1)
        await r.ready()
        monkeypatch.setattr(Wording, "render", failing(an_error))
        with caplog.at_level(logging.ERROR):
            await outcome_of(r, traceparent=TRACEPARENT)
    (record,) = [record for record in caplog.records if record.getMessage() == "contained"]
    assert record.__dict__["place"] == "shardhost.message"
    assert (record.__dict__["message_id"], record.__dict__["device_id"]) == (5, 1)
    assert record.__dict__["trace_id"] == telemetry.trace_id(TRACEPARENT) == TRACE
    assert "60123456789" not in str(record.__dict__)
    assert containment.counts["shardhost.message"] == before + 1
