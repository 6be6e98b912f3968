"""A message in hand: what leaves, when it does not, and what is told of it."""

import asyncio
import hashlib

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt
from shardhost.clock import boottime
from shardhost.transports.transport import Accepted, Failure, SendRefused
from tests.support.slowness import patient
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, rig

Result = pb.Outcome


async def test_a_message_is_rendered_sent_and_reported_with_the_next_credit() -> None:
    async with rig(FakeTransport(answers=[Accepted(1.5)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        outcome = await r.outcome()
    assert r.transport.sent[0][1].text == "Hi Siti"
    assert (r.transport.sent[0][1].wire_id, r.transport.sent[0][1].is_first_contact) == ("W5", True)
    assert (outcome.result, outcome.ready) == (Result.RESULT_SENT, True)
    assert outcome.text_hash == hashlib.sha256(b"Hi Siti").digest()[:8]
    assert 1500 <= outcome.age_ms < 1500 + patient(1000)


async def test_a_message_of_another_epoch_does_not_leave() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(epoch=EPOCH - 1)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_a_message_for_an_unknown_device_does_not_leave_and_gives_no_credit() -> None:
    async with rig() as r:
        r.hand(99)
        outcome = await r.outcome()
    assert (outcome.result, outcome.ready) == (Result.RESULT_NOT_SENT, False)


async def test_past_the_term_nothing_leaves() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.clock.now += 9.8
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_a_term_that_ends_during_the_wait_keeps_the_message_back() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=50)
        r.clock.now += 9.8
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_the_wait_counts_from_the_arrival() -> None:
    loop = asyncio.get_running_loop()
    async with rig() as r:
        r.admit(1)
        await r.ready()
        started = loop.time()
        r.hand(wait_ms=120)
        await r.outcome()
        assert 0.12 <= loop.time() - started < patient(0.5)


async def test_a_second_message_is_turned_away() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        r.hand(message_id=6)
        outcome = await r.outcome()
        assert (outcome.message_id, outcome.result, outcome.ready) == (6, Result.RESULT_NOT_SENT, False)
        r.transport.sessions[0].answer()
        outcome = await r.outcome()
        assert (outcome.message_id, outcome.ready) == (5, True)


async def test_a_refusal_is_reported_with_its_hold() -> None:
    async with rig(FakeTransport(answers=[SendRefused(Failure.RATE_LIMITED, 1.2)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        outcome = await r.outcome()
    assert (outcome.result, outcome.failure, outcome.hold_s) == (
        Result.RESULT_REFUSED,
        pb.FAILURE_RATE_LIMITED,
        2,
    )


async def test_a_text_that_cannot_be_parsed_fails_its_message() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(text="Hi {name")
        outcome = await r.outcome()
    assert (outcome.result, outcome.failure, outcome.ready) == (
        Result.RESULT_REFUSED,
        pb.FAILURE_RENDER,
        True,
    )


async def test_a_stale_hand_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process was stopped: whoever said stop meanwhile is known to dispatch alone."""
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=50)
        monkeypatch.setattr(attempt, "boottime", lambda: boottime() + attempt.FRESH_S + 1)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent
