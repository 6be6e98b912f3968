"""Devices of a fleet over a transport in memory: what is sent, when it is not, and what is told."""

import asyncio
import hashlib

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost import attempt
from shardhost.clock import boottime
from shardhost.transports.transport import (
    Accepted,
    Failure,
    NotSent,
    OpenRefused,
    SendAmbiguous,
    SendRefused,
    SessionEnd,
    SessionEvent,
)
from tests.support.eventually import eventually
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, rig

Result = pb.Outcome
Type = pb.DeviceEvent


async def test_a_live_session_gives_one_credit() -> None:
    async with rig() as r:
        r.admit(1, 2)
        assert sorted(await r.ready()) == [1, 2]
        assert [s.key.epoch for s in r.transport.sessions] == [EPOCH, EPOCH]
        r.list_devices(3)
        assert await r.ready() == [3]


async def test_a_lease_granted_again_voids_the_credits_given_before() -> None:
    """Dispatch forgets the devices of a shard when it grants it, also one about to be handed over."""
    async with rig() as r:
        r.admit(1)
        assert await r.ready() == [1]
        r.fleet.drain(1)
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]


async def test_a_message_is_rendered_sent_and_reported_with_the_next_credit() -> None:
    async with rig(FakeTransport(answers=[Accepted(1.5)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        outcome = await r.outcome()
    assert r.transport.sent[0][1].text == "Hi Siti"
    assert r.transport.sent[0][1].wire_id == "W5"
    assert (outcome.result, outcome.ready) == (Result.RESULT_SENT, True)
    assert outcome.text_hash == hashlib.sha256(b"Hi Siti").digest()[:8]
    assert 1500 <= outcome.age_ms < 2500


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


async def test_the_fence_is_looked_at_after_the_wait() -> None:
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
        assert 0.12 <= loop.time() - started < 0.5


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


async def test_a_refusal_is_told_with_its_hold() -> None:
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


async def test_an_unanswered_send_is_repeated_under_its_id() -> None:
    async with rig(FakeTransport(answers=[SendAmbiguous(), Accepted(3.0, repeated=True)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert [outgoing.wire_id for _, outgoing in r.transport.sent] == ["W5", "W5"]


async def test_a_stale_hand_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process was stopped: whoever said stop meanwhile is known to dispatch alone."""
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=50)
        monkeypatch.setattr(attempt, "boottime", lambda: boottime() + attempt.FRESH_S)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_a_send_unanswered_for_long_is_repeated_by_dispatch_and_not_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rig(FakeTransport(answers=["wait", Accepted(0.0)])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        monkeypatch.setattr(attempt, "boottime", lambda: boottime() + attempt.FRESH_S)
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS
    assert len(r.transport.sent) == 1


async def test_an_unanswered_send_is_not_repeated_where_the_transport_cannot() -> None:
    async with rig(FakeTransport(repeatable=False, answers=[SendAmbiguous()])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        outcome = await r.outcome()
    assert (outcome.result, len(outcome.text_hash)) == (Result.RESULT_AMBIGUOUS, 8)
    assert len(r.transport.sent) == 1


async def test_a_repeat_is_not_sent_where_the_transport_cannot() -> None:
    async with rig(FakeTransport(repeatable=False)) as r:
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
        (SendRefused(Failure.NOT_ON_WHATSAPP), Result.RESULT_REFUSED),
        (Accepted(0.0, repeated=True), Result.RESULT_SENT),
    ],
)
async def test_what_a_repeat_proves(answer: Exception | Accepted, result: int) -> None:
    async with rig(FakeTransport(answers=[answer])) as r:  # type: ignore[list-item]
        r.admit(1)
        await r.ready()
        r.hand(repeat=True)
        assert (await r.outcome()).result == result


async def test_a_disconnection_takes_the_credit_and_the_next_session_gives_it_again() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(SessionEnd.DISCONNECTED))
        r.hand()
        (frame,) = await r.told("outcomes")
        assert not frame.outcomes.outcomes[0].ready

        # Not before dispatch has the outcome: it would take the message for lost and hand it again.
        async def reopened() -> bool:
            return len(r.transport.sessions) == 2

        await eventually(reopened)
        assert "ready" not in [f.WhichOneof("frame") for f in r.outbox.frames()]
        r.acknowledge(frame)
        assert await r.ready() == [1]


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (SessionEnd.REPLACED, Type.TYPE_REPLACED),
        (SessionEnd.LOGGED_OUT, Type.TYPE_LOGGED_OUT),
        (SessionEnd.BANNED, Type.TYPE_BANNED),
    ],
)
async def test_a_session_ended_for_good_stays_closed_until_dispatch_lists_the_device(
    end: SessionEnd, kind: int
) -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.transport.sessions[0].end(SessionEvent(end))
        assert (await r.event()).type == kind
        r.fleet.serve(1, EPOCH)
        await asyncio.sleep(0.05)
        assert len(r.transport.sessions) == 1
        r.list_devices(1)
        assert await r.ready() == [1]


async def test_a_ban_met_at_the_door_is_told() -> None:
    async with rig(FakeTransport(refusals=[OpenRefused(Failure.TEMPORARY_BAN, 0.05)])) as r:
        r.admit(1)
        event = await r.event()
        assert (event.type, event.hold_s, event.epoch) == (Type.TYPE_TEMPORARY_BAN, 1, EPOCH)
        assert await r.ready() == [1]


async def test_a_parked_device_has_no_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.list_devices(1, connect=False)
        await asyncio.sleep(0.01)
        assert r.transport.sessions[0].is_closed
        r.hand()
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT


async def test_a_drain_finishes_what_is_in_hand_and_waits_for_the_acknowledgement() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1, 2)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        r.fleet.drain(1)
        assert not r.fleet.is_idle(1)
        r.transport.sessions[0].answer()
        (frame,) = await r.told("outcomes")
        assert (frame.outcomes.outcomes[0].result, frame.outcomes.outcomes[0].ready) == (
            Result.RESULT_SENT,
            False,
        )
        assert not r.fleet.is_idle(1)
        r.fleet.on_outcome_ack(pb.OutcomeAck(frame_id=frame.outcomes.frame_id))
        assert r.idle == [1]
        assert all(session.is_closed for session in r.transport.sessions)


async def test_a_halt_lets_nothing_leave_that_has_not() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(wait_ms=5000)
        await asyncio.sleep(0)
        r.fleet.halt(1)
        assert (await r.outcome()).result == Result.RESULT_NOT_SENT
    assert not r.transport.sent


async def test_a_cut_ends_the_wait_for_an_answer_as_ambiguous() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0.01)
        r.fleet.drain(1)
        r.fleet.cut(1)
        assert (await r.outcome()).result == Result.RESULT_AMBIGUOUS


async def test_a_new_epoch_means_a_new_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.revoke(1)
        assert len(r.fleet) == 0
        r.fleet.serve(1, EPOCH + 1)
        r.list_devices(1)
        assert await r.ready() == [1]
    assert [session.key.epoch for session in r.transport.sessions] == [EPOCH, EPOCH + 1]
    assert r.transport.sessions[0].is_closed


async def test_a_suspended_device_keeps_its_session_and_sends_nothing() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.suspend(1)
        r.hand()
        (frame,) = await r.told("outcomes")
        assert frame.outcomes.outcomes[0].result == Result.RESULT_NOT_SENT
        r.acknowledge(frame)
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]
    assert len(r.transport.sessions) == 1


async def test_on_a_new_stream_the_credit_is_given_anew() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.new_stream()
        r.outbox.open()
        r.outbox.open_gate()
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]


async def test_only_the_latest_of_two_outcomes_carries_the_credit() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(epoch=EPOCH - 1)
        r.hand(epoch=EPOCH - 1, message_id=6)
        (frame,) = await r.told("outcomes")
    assert [(o.message_id, o.ready) for o in frame.outcomes.outcomes] == [(5, False), (6, True)]


async def test_a_lease_under_a_new_epoch_moves_the_session() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.new_stream()
        r.fleet.serve(1, EPOCH + 1)
        assert await r.ready() == [1]
        r.hand(epoch=EPOCH + 1)
        assert (await r.outcome()).result == Result.RESULT_SENT
    assert [key.epoch for key, _ in r.transport.sent] == [EPOCH + 1]


async def test_a_message_that_comes_again_while_in_hand_is_ignored() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        r.hand()
        r.transport.sessions[0].answer()
        (frame,) = await r.told("outcomes")
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
    async with rig(FakeTransport(repeatable=False, answers=[SendAmbiguous()])) as r:
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


async def test_a_worker_stays_until_its_outcomes_are_acknowledged() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand()
        (frame,) = await r.told("outcomes")
        r.fleet.revoke(1)
        assert len(r.fleet) == 1
        r.acknowledge(frame)
        assert len(r.fleet) == 0
