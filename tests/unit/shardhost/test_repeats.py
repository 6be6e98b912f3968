"""A message that may have gone: repeated or not, and what that proves."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt
from shardhost.clock import boottime
from shardhost.transports.transport import (
    Accepted,
    Failure,
    NotSent,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
    TransportKind,
)
from tests.unit.shardhost.fakes import FakeTransport, rig

Result = pb.Outcome


async def test_an_unanswered_send_is_repeated_under_its_id() -> None:
    async with rig(FakeTransport(answers=[SendAmbiguous(), Accepted(3.0, repeated=True)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert [outgoing.wire_id for _, outgoing in r.transport.sent] == ["W5", "W5"]


async def test_a_send_unanswered_for_long_is_repeated_by_dispatch_and_not_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rig(FakeTransport(answers=["wait", Accepted(0.0)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        monkeypatch.setattr(attempt, "boottime", lambda: boottime() + attempt.FRESH_S + 1)
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS
    assert len(r.transport.sent) == 1


async def test_an_unanswered_send_is_not_repeated_where_the_transport_cannot() -> None:
    async with rig(FakeTransport(kind=TransportKind.PLAIN, answers=[SendAmbiguous()])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        outcome = await r.outcome()
    assert (outcome.result, len(outcome.text_hash)) == (Result.RESULT_AMBIGUOUS, 8)
    assert len(r.transport.sent) == 1


async def test_a_repeat_is_not_sent_where_the_transport_cannot() -> None:
    async with rig(FakeTransport(kind=TransportKind.PLAIN)) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True)
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS
    assert not r.transport.sent


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (NotSent(), Result.RESULT_AMBIGUOUS),
        (SendRefused(Failure.TRANSIENT), Result.RESULT_AMBIGUOUS),
        (SendRefused(Failure.LOGGED_OUT), Result.RESULT_AMBIGUOUS),
        (SendRefused(Failure.NOT_ON_WHATSAPP), Result.RESULT_AMBIGUOUS),
        (Accepted(0.0, repeated=True), Result.RESULT_SENT),
    ],
)
async def test_only_an_accepted_repeat_proves_anything(answer: Exception | Accepted, result: int) -> None:
    async with rig(FakeTransport(answers=[answer])) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True)
        assert (await r.outcome()).result == result


async def test_a_message_that_comes_again_while_in_hand_is_ignored() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        r.hand()
        r.transport.sessions[0].answer()
        (frame,) = await r.frames_of("outcomes")
    assert [o.result for o in frame.outcomes.outcomes] == [Result.RESULT_SENT]
    assert len(r.transport.sent) == 1


async def test_a_message_that_comes_again_after_it_went_is_reported_again_and_not_sent() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand()
        first = await r.outcome()
        r.hand()
        again = await r.outcome()
    assert (again.message_id, again.result, again.ready) == (first.message_id, Result.RESULT_SENT, True)
    assert len(r.transport.sent) == 1


async def test_a_message_that_comes_again_and_may_have_gone_is_a_repeat() -> None:
    async with rig(FakeTransport(kind=TransportKind.PLAIN, answers=[SendAmbiguous()])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await r.outcome()
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS
    assert len(r.transport.sent) == 1


async def test_a_message_that_did_not_leave_may_come_again() -> None:
    async with rig(FakeTransport(answers=[NotSent()])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_SENT
