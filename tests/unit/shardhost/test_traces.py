"""A message that may have gone, where that can be found out: asked about, and never sent a second time."""

import asyncio
from dataclasses import dataclass, field

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt
from shardhost.clock import boottime
from shardhost.transports.transport import (
    UNCLEAR,
    Accepted,
    Fate,
    SendAmbiguous,
    SessionEnd,
    SessionEvent,
    Traced,
    TransportKind,
)
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, rig

Result = pb.Outcome
WENT, NEVER = Traced(Fate.WENT, 3.0), Traced(Fate.NEVER_WENT)


@dataclass
class Traceable(FakeTransport):
    kind: TransportKind = field(default=TransportKind.TRACEABLE)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "_FIRST_PAUSE_S", 0.0)


@pytest.mark.parametrize(
    ("traces", "result"),
    [
        ([WENT], Result.RESULT_SENT),
        ([NEVER], Result.RESULT_NOT_SENT),
        ([UNCLEAR, UNCLEAR, WENT], Result.RESULT_SENT),
        ([UNCLEAR, NEVER], Result.RESULT_NOT_SENT),
        ([UNCLEAR, UNCLEAR, UNCLEAR, WENT], Result.RESULT_AMBIGUOUS),
        # A defect proves nothing.
        ([RuntimeError(), WENT], Result.RESULT_SENT),
        ([RuntimeError()], Result.RESULT_AMBIGUOUS),
        ([asyncio.CancelledError()], Result.RESULT_AMBIGUOUS),
    ],
)
async def test_an_unanswered_send_is_asked_about(traces: list[Traced | BaseException], result: int) -> None:
    async with rig(Traceable(answers=[SendAmbiguous()], traces=traces)) as r:
        r.admit(1)
        await r.ready()
        r.hand(attempt=4)
        outcome = await r.outcome()
    assert (outcome.result, outcome.attempt) == (result, 4)
    # What this hand sent, its text is known to be.
    assert bool(outcome.text_hash) is (result != Result.RESULT_NOT_SENT)
    assert len(r.transport.sent) == 1
    assert set(r.transport.asked) == {"W5"}


@pytest.mark.parametrize(
    ("traces", "result"),
    [
        ([WENT], Result.RESULT_SENT),
        ([NEVER], Result.RESULT_NEVER_SENT),
        ([UNCLEAR, NEVER], Result.RESULT_NEVER_SENT),
        ([], Result.RESULT_AMBIGUOUS),
        ([RuntimeError()], Result.RESULT_AMBIGUOUS),
    ],
)
async def test_a_hand_to_ask_sends_nothing_and_says_nothing(
    traces: list[Traced | BaseException], result: int
) -> None:
    async with rig(Traceable(traces=traces)) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True, trace_only=True, template_id=0)
        outcome = await r.outcome()
    # The text may have been another one by now.
    assert (outcome.result, outcome.text_hash, outcome.failure) == (result, b"", pb.FAILURE_UNSPECIFIED)
    assert not r.transport.sent
    assert not r.transport.looked_up


async def test_what_went_is_as_old_as_the_network_says() -> None:
    async with rig(Traceable(traces=[WENT])) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True, trace_only=True)
        assert 3000 <= (await r.outcome()).age_ms < 60_000


@pytest.mark.parametrize("kind", [TransportKind.REPEATABLE, TransportKind.PLAIN])
async def test_a_hand_to_ask_sends_nothing_whatever_the_transport_can(kind: TransportKind) -> None:
    async with rig(FakeTransport(kind=kind, traces=[NEVER])) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True, trace_only=True)
        outcome = await r.outcome()
        # No failure: it was not even to be rendered.
        assert (outcome.result, outcome.failure) == (Result.RESULT_AMBIGUOUS, pb.FAILURE_UNSPECIFIED)
    assert not r.transport.sent


async def test_a_repeat_of_a_dispatch_that_knows_no_questions_is_one() -> None:
    async with rig(Traceable(traces=[NEVER])) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True)
        assert (await r.outcome()).result == Result.RESULT_NEVER_SENT
    assert not r.transport.sent


async def test_a_message_that_comes_again_and_may_have_gone_is_asked_about() -> None:
    traces: list[Traced | BaseException] = [UNCLEAR, UNCLEAR, UNCLEAR, NEVER]
    async with rig(Traceable(answers=[SendAmbiguous(), Accepted(0.0)], traces=traces)) as r:
        r.admit(1)
        await r.ready()
        r.hand(attempt=1)
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS
        r.hand(attempt=2)
        again = await r.outcome()
        assert (again.result, again.attempt) == (Result.RESULT_NEVER_SENT, 2)
        r.hand(attempt=3)
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert len(r.transport.sent) == 2


async def test_a_question_needs_no_fresh_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "boottime", lambda: boottime() + attempt.FRESH_S + 1)
    async with rig(Traceable(traces=[NEVER])) as r:
        r.admit(1)
        await r.ready()
        r.hand(repeat=True, trace_only=True)
        assert (await r.outcome()).result == Result.RESULT_NEVER_SENT


async def test_nobody_is_asked_without_a_lease() -> None:
    async with rig(Traceable(answers=["wait"], traces=[NEVER])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        # The send is under way when the session ends: there is none to ask on.
        r.transport.sessions[0].end(SessionEvent(SessionEnd.REPLACED))
        outcome = await r.outcome()
        assert (outcome.result, outcome.epoch) == (Result.RESULT_AMBIGUOUS, EPOCH)
    assert not r.transport.asked
