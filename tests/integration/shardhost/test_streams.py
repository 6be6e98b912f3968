"""A host and its stream: left, refused, cut off, moved to another replica of dispatch."""

import time

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.shardhost.fake_dispatch import FakeDispatch
from tests.integration.shardhost.rig import SHARDS, Rig
from tests.support.eventually import eventually
from tests.support.slowness import patient

Result = pb.Outcome


async def test_what_was_not_acknowledged_is_told_again_on_the_next_stream(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.dispatch.acknowledges = False
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: received.outcomes)
        rig.dispatch.acknowledges = True
        rig.dispatch.break_streams()
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
        # The credit of device 3 comes with its outcome, all others by themselves.
        await rig.dispatch.until(lambda: len(received.ready) == 31)
    first, again = received.outcomes
    assert (first.message_id, first.result) == (again.message_id, again.result)
    assert again.age_ms > first.age_ms
    assert again.ready
    assert received.kinds[1][:3] == ["hello", "claims", "outcomes"]
    assert sorted(received.claims[SHARDS:]) == sorted(received.claims[:SHARDS])
    assert rig.entries == 1


async def test_a_silent_replica_is_left_before_the_term_is_over(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.dispatch.answers_renewals = False
        started = time.monotonic()
        await rig.dispatch.until(lambda: len(received.hellos) == 2)
        rig.dispatch.answers_renewals = True
        assert time.monotonic() - started < patient(rig.dispatch.term_s * 4 / 3)
        await rig.dispatch.until(lambda: len(received.ready) == 32)


async def test_refused_by_dispatch_the_host_keeps_its_place(rig: Rig) -> None:
    """The database is away, say: no other host would fare better."""
    dispatch = rig.dispatch
    dispatch.term_s = 1.0
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        dispatch.refuses = True
        dispatch.break_streams()
        # More than two terms, since a pause between two tries is a second at most.
        await dispatch.until(lambda: dispatch.refused >= 7)
        assert await rig.members() == {"h1"}
        dispatch.refuses = False
        await dispatch.until(lambda: len(dispatch.received.ready) == 32)
    assert {hello.consul_session for hello in dispatch.received.hellos} == {
        dispatch.received.hellos[0].consul_session
    }
    # The term had run out: the leases were asked for anew, under the same locks.
    assert sorted(dispatch.received.claims[SHARDS:]) == sorted(dispatch.received.claims[:SHARDS])


async def test_cut_off_from_dispatch_nothing_leaves_past_the_term_and_the_place_is_given_up(
    rig: Rig,
) -> None:
    dispatch = rig.dispatch
    dispatch.term_s = 1.0
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        rig.hand(rig.message(1, 3, wait_ms=1500))
        await dispatch.until(lambda: True)
        rig.hand(rig.message(2, 4))
        await dispatch.until(lambda: dispatch.received.outcomes)
        rig.dispatch_proxy.cut()

        async def gone() -> bool:
            return await rig.members() == set()

        await eventually(gone, within_s=10)
        rig.dispatch_proxy.restore()
        await dispatch.until(lambda: {o.message_id for o in dispatch.received.outcomes} == {1, 2})
        await dispatch.until(lambda: len(dispatch.received.ready) >= 30)
    outcomes = {o.message_id: o.result for o in dispatch.received.outcomes}
    assert outcomes == {2: Result.RESULT_SENT, 1: Result.RESULT_NOT_SENT}
    assert len({hello.consul_session for hello in dispatch.received.hellos}) == 2
    assert rig.entries == 1


async def test_a_host_moves_to_another_replica_and_back_to_its_own(rig: Rig) -> None:
    other = FakeDispatch(shard_count=SHARDS)
    other.devices = rig.dispatch.devices
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(rig.dispatch.received.ready) == 16)
        # `d0` comes before `d1`, so it is the first host's own.
        async with other.serving(rig.discovery, "d0"):
            await other.until(lambda: len(other.received.ready) == 16)
            assert other.received.hellos[0].incarnation == rig.dispatch.received.hellos[0].incarnation
        await rig.dispatch.until(lambda: len(rig.dispatch.received.ready) == 32)
