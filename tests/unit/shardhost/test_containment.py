"""An error that nobody foresaw, raised at each place that works on one thing: it ends that thing alone."""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Wording
from services.runtime import containment, telemetry
from services.runtime.errors import Unavailable
from shardhost import attempt, connection, templates, tracing
from shardhost.outbox import Outbox
from shardhost.templates import Templates
from shardhost.transports.transport import (
    Failure,
    Inbound,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
)
from shardhost.worker import Worker
from tests.support.eventually import eventually
from tests.support.plain_template import plain
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, Rig, rig

Result = pb.Outcome
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SURROGATE = "\ud83d"

UNFORESEEN = [
    RuntimeError("boom"),
    ValueError("boom"),
    UnicodeEncodeError("utf-8", SURROGATE, 0, 1, "surrogates not allowed"),
    OverflowError("boom"),
    RecursionError("boom"),
    DecodeError("boom"),
    TypeError("boom"),
    Unavailable("boom"),
    ExceptionGroup("boom", [RuntimeError("boom")]),
]
each_error = pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
an_error = RuntimeError("the words of 60123456789")


def failing(error: BaseException) -> Callable[..., None]:
    """A function that raises it, whatever it is given."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail


async def outcome_of(r: Rig, **fields: Any) -> pb.Outcome:
    """Of a message to device 1."""
    r.hand(**fields)
    return await r.outcome()


async def until(condition: Callable[[], bool]) -> None:
    """Gives the loop its turns until it is so."""

    async def probe() -> bool:
        return condition()

    await eventually(probe, within_s=5, every_s=0.001)


async def goes_on(r: Rig, device: int = 2) -> None:
    """Another device still sends."""
    r.hand(device, message_id=77)
    assert (await r.outcome()).result == Result.RESULT_SENT


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
    async with rig(FakeTransport(repeatable=False, answers=[asyncio.CancelledError()])) as r:
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


def failing_once(function: Callable[..., object], error: Exception) -> Callable[..., object]:
    """As the function, but that its first call raises."""
    calls = []

    def fail(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return function(*args, **kwargs)

    return fail


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


# The outbox


@each_error
async def test_an_outcome_that_the_outbox_does_not_take_is_told_when_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A message left over is found at the next credit, and handed again."""
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Outbox, "report", failing(error))
            r.hand()
            assert await r.ready() == [1]
        assert (await outcome_of(r)).result == Result.RESULT_SENT
        await goes_on(r)
    assert len(r.transport.sent) == 2, "the message went once, and that of the other device"


async def test_an_outcome_that_cannot_be_written_is_written_without_what_spoils_it() -> None:
    async with rig(FakeTransport(answers=[SendAmbiguous()], repeatable=False)) as r:
        r.admit(1, 2)
        await r.ready()
        r.hand()
        await until(lambda: len(r.outbox.outcomes) == 1)
        (report,) = r.outbox.outcomes._buffer._kept
        report.traceparent = SURROGATE
        outcome = await r.outcome()
        assert (outcome.message_id, outcome.result, outcome.ready) == (5, Result.RESULT_AMBIGUOUS, True)
        await goes_on(r)


async def test_a_device_that_fails_to_give_its_credit_does_not_stop_the_flush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rig() as r:
        give = Worker.take_credit

        def fail_for_one(self: Worker) -> bool:
            if self.device_id == 1:
                raise an_error
            return give(self)

        monkeypatch.setattr(Worker, "take_credit", fail_for_one)
        r.admit(1, 2)
        await asyncio.sleep(0.01)
        assert await r.ready() == [2]


# The transport


@each_error
async def test_an_error_of_open_closes_that_device_alone_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    before = containment.counts["shardhost.session"]
    async with rig(FakeTransport(refusals=[error])) as r:
        r.admit(1, 2)
        ready = await r.ready()
        while len(ready) < 2:
            ready += await r.ready()
        assert sorted(ready) == [1, 2]
        await goes_on(r, device=1)
    assert containment.counts["shardhost.session"] == before + 1


@each_error
async def test_an_error_of_close_is_counted_and_the_other_devices_go_on(error: Exception) -> None:
    before = containment.counts["shardhost.close"]
    transport = FakeTransport()
    async with rig(transport) as r:
        r.admit(1, 2)
        await r.ready()
        transport.close_error = error
        r.list_devices(1, connect=False)
        await until(lambda: transport.sessions[0].is_closed)
        assert containment.counts["shardhost.close"] == before + 1
        transport.close_error = None
        await goes_on(r)


async def test_a_session_that_stands_too_late_is_closed_although_its_close_fails() -> None:
    transport = FakeTransport(opens=asyncio.Event())
    async with rig(transport) as r:
        r.admit(1)
        await asyncio.sleep(0)
        r.clock.now += 9.8
        transport.close_error = an_error
        transport.opens.set()
        await until(lambda: bool(transport.sessions) and transport.sessions[0].is_closed)
        await asyncio.sleep(0)
        assert r.transport.sent == []


@pytest.mark.parametrize("end", ["gone", SessionEnd.TEMPORARY_BAN], ids=str)
async def test_an_event_that_makes_no_sense_ends_its_session_and_another_is_opened(
    monkeypatch: pytest.MonkeyPatch, end: SessionEnd
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    monkeypatch.setattr(connection, "_DEFAULT_HOLD_S", 0.01)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(end, math.nan))
        assert await r.ready() == [1]
        await goes_on(r, device=1)


async def test_an_error_while_a_session_is_welcomed_closes_it_and_opens_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "delay", lambda *_: 0.0)
    monkeypatch.setattr(Outbox, "event", failing_once(Outbox.event, an_error))
    async with rig() as r:
        r.admit(1)
        assert await r.ready() == [1]
        assert [session.is_closed for session in r.transport.sessions] == [True, False]


# What comes on the stream


async def test_a_bad_device_does_not_keep_the_others_of_its_frame_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Worker.__init__

    def fail_for_one(self: Worker, device: pb.Device, *args: object) -> None:
        if device.device_id == 1:
            raise an_error
        made(self, device, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Worker, "__init__", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        assert await r.ready() == [2]
        r.hand(1)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
        r.fleet.revoke(1)
        assert len(r.fleet) == 0


@each_error
async def test_a_message_that_cannot_be_taken_is_refused_and_the_others_of_its_frame_go(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    take = Worker.take

    def fail_for_one(self: Worker, hand: attempt.Hand) -> None:
        if self.device_id == 1:
            raise error
        take(self, hand)

    monkeypatch.setattr(Worker, "take", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.fleet.on_messages(
            pb.MessageFrame(
                templates=[plain("Hi")],
                messages=[
                    pb.OutgoingMessage(message_id=n, device_id=n, epoch=EPOCH, template_id=1) for n in (1, 2)
                ],
            )
        )
        outcomes: dict[int, pb.Outcome] = {}
        while len(outcomes) < 2:
            for frame in await r.frames_of("outcomes"):
                outcomes.update({o.message_id: o for o in frame.outcomes.outcomes})
    assert (outcomes[1].result, outcomes[1].failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
    assert outcomes[2].result == Result.RESULT_SENT


async def test_a_message_without_its_template_is_refused_alone() -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        refused = await outcome_of(r, template_id=9)
        assert (refused.result, refused.failure, refused.ready) == (
            Result.RESULT_REFUSED,
            pb.FAILURE_RENDER,
            True,
        )
        await goes_on(r)


@each_error
async def test_a_template_that_cannot_be_compiled_refuses_the_messages_that_need_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(Templates, "_compile", failing(error))
            refused = await outcome_of(r, template_id=1)
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        r.fleet.on_messages(
            pb.MessageFrame(
                templates=[pb.Template(template_id=2, text="Hi", greetings=pb.Greetings(), variation="none")],
                messages=[pb.OutgoingMessage(message_id=6, device_id=2, epoch=EPOCH, template_id=2)],
            )
        )
        assert (await r.outcome()).result == Result.RESULT_SENT


@each_error
async def test_a_wording_that_cannot_be_compiled_refuses_the_messages_that_need_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        with monkeypatch.context() as patched:
            patched.setattr(templates, "_voice", failing(error))
            r.fleet.on_messages(
                pb.MessageFrame(
                    templates=[plain("Hi")],
                    wordings=[pb.Wording(wording_id=7)],
                    messages=[
                        pb.OutgoingMessage(
                            message_id=5, device_id=1, epoch=EPOCH, template_id=1, wording_id=7
                        )
                    ],
                )
            )
        refused = await r.outcome()
        assert (refused.result, refused.failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
        await goes_on(r)


async def test_an_ack_of_an_unknown_frame_changes_nothing_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand()
        (frame,) = await r.frames_of("outcomes")
        r.fleet.on_outcome_ack(pb.OutcomeAck(frame_id=99))
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=99))
        assert r.outbox.outcomes.waiting(1) == 1
        r.acknowledge(frame)
        assert r.outbox.outcomes.waiting(1) == 0
    assert sum("unknown frame" in record.getMessage() for record in caplog.records) == 2


async def test_an_error_of_one_acknowledged_device_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acknowledged = Worker.acknowledged

    def fail_for_one(self: Worker) -> None:
        if self.device_id == 1:
            raise an_error
        acknowledged(self)

    monkeypatch.setattr(Worker, "acknowledged", fail_for_one)
    async with rig() as r:
        r.admit(1, 2)
        await r.ready()
        r.fleet.suspend(1)
        for device in (1, 2):
            r.hand(device)
        (frame,) = await r.frames_of("outcomes")
        r.acknowledge(frame)
        assert r.fleet._workers[2].is_done


# What people write


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        (f"STOP{SURROGATE}", "STOP"),
        (f"{SURROGATE}STOP", "STOP"),
        ("no \ud83d\ude42 STOP", "no \U0001f642 STOP"),
        ("\u200b" * 1000 + "STOP", "STOP"),
        ("STOP\0", "STOP"),
        (" " * 1000 + "STOP" + " " * 1000, "STOP"),
        ("a" * 1_000_000, "a" * 256),
    ],
)
async def test_a_text_that_does_not_fit_a_frame_is_cleaned_and_heard(written: str, heard: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound("in-1", "60123", written))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.inbound_id, text.sender, text.text) == ("in-1", "60123", heard)


@pytest.mark.parametrize("inbound_id", [f"in{SURROGATE}", "in\0", "x" * 1_000_000])
async def test_an_id_that_does_not_fit_a_frame_has_a_stand_in_and_is_confirmed_as_it_is(
    inbound_id: str,
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound(inbound_id, "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert text.text == "STOP"
        assert 0 < len(text.inbound_id) < 100
        assert "\0" not in text.inbound_id
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == [inbound_id]
        session.deliver(Inbound(inbound_id, "60123", "STOP"))
        (again,) = await r.frames_of("inbound")
        assert again.inbound.inbound[0].inbound_id == text.inbound_id


@pytest.mark.parametrize(
    ("sender", "number"),
    [("+60123", "60123"), ("60123:4@s.whatsapp.net", "60123"), (f"60123{SURROGATE}", "60123")],
)
async def test_a_sender_that_is_not_digits_only_is_cut_to_the_number(sender: str, number: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].deliver(Inbound("in-1", sender, "STOP"))
        (frame,) = await r.frames_of("inbound")
        assert frame.inbound.inbound[0].sender == number


@pytest.mark.parametrize(
    ("inbound", "number", "identity"),
    [
        (Inbound("in-1", "123456789012345@lid", "STOP"), "", "123456789012345"),
        (Inbound("in-1", "123456789012345:7@LID", "STOP"), "", "123456789012345"),
        (Inbound("in-1", "", "STOP", "123456789012345@lid"), "", "123456789012345"),
        (Inbound("in-1", "60123@s.whatsapp.net", "STOP", "123456789012345"), "60123", "123456789012345"),
    ],
)
async def test_an_identity_of_the_network_is_no_number(inbound: Inbound, number: str, identity: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].deliver(inbound)
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.sender, text.lid) == (number, identity)


@pytest.mark.parametrize("sender", ["", SURROGATE, "9" * 100])
async def test_a_text_of_nobody_is_passed_on_without_a_sender(sender: str) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(Inbound("in-1", sender, "STOP"))
        (frame,) = await r.frames_of("inbound")
        (text,) = frame.inbound.inbound
        assert (text.inbound_id, text.sender, text.text) == ("in-1", "", "STOP")
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == ["in-1"]


@pytest.mark.parametrize(
    "inbound",
    [
        Inbound("in-1", "60123", None),  # type: ignore[arg-type]
        None,
    ],
)
async def test_what_cannot_be_told_is_left_to_the_network_and_keeps_nothing_else_back(
    inbound: Inbound, caplog: pytest.LogCaptureFixture
) -> None:
    before = containment.counts["shardhost.inbound"]
    async with rig() as r:
        r.admit(1)
        await r.ready()
        session = r.transport.sessions[0]
        session.deliver(inbound)
        session.deliver(Inbound("in-2", "60124", "STOP"))
        (frame,) = await r.frames_of("inbound")
        assert [text.inbound_id for text in frame.inbound.inbound] == ["in-2"]
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert session.confirmed == ["in-2"]
        await goes_on(r, device=1)
    assert containment.counts["shardhost.inbound"] == before + 1
    logged = str([record.__dict__ for record in caplog.records])
    assert "60123" not in logged
    assert "STOP" not in logged


async def test_a_confirmation_that_fails_does_not_keep_the_others_back() -> None:
    transport = FakeTransport()
    async with rig(transport) as r:
        r.admit(1, 2)
        await r.ready()
        first, second = transport.sessions
        first.deliver(Inbound("in-1", "60123", "STOP"))
        second.deliver(Inbound("in-2", "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        first.confirm = failing(an_error)  # type: ignore[method-assign]
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert second.confirmed == ["in-2"]
        # The network delivers it again, and it is recorded and confirmed again.
        del first.confirm
        first.deliver(Inbound("in-1", "60123", "STOP"))
        (frame,) = await r.frames_of("inbound")
        r.outbox.inbox.acknowledge(pb.InboundAck(frame_id=frame.inbound.frame_id))
        assert first.confirmed == ["in-1"]
