"""Devices of a shard that is suspended, drained, halted or cut."""

import asyncio

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.unit.shardhost.fakes import EPOCH, FakeTransport, rig

Result = pb.Outcome


async def test_a_drain_finishes_what_is_in_hand_and_waits_for_the_acknowledgement() -> None:
    async with rig(FakeTransport(answers=["wait"])) as r:
        r.admit(1, 2)
        await r.ready()
        r.hand()
        await asyncio.sleep(0)
        r.fleet.drain(1)
        assert not r.fleet.is_idle(1)
        r.transport.sessions[0].answer()
        (frame,) = await r.frames_of("outcomes")
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


async def test_a_suspended_device_keeps_its_session_and_sends_nothing() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.fleet.suspend(1)
        r.hand()
        (frame,) = await r.frames_of("outcomes")
        assert frame.outcomes.outcomes[0].result == Result.RESULT_NOT_SENT
        r.acknowledge(frame)
        r.fleet.serve(1, EPOCH)
        assert await r.ready() == [1]
    assert len(r.transport.sessions) == 1


async def test_a_worker_stays_until_its_outcomes_are_acknowledged() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand()
        (frame,) = await r.frames_of("outcomes")
        r.fleet.revoke(1)
        assert len(r.fleet) == 1
        r.acknowledge(frame)
        assert len(r.fleet) == 0
