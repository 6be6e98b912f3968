"""How hosts share the shards: won, handed over, revoked, lost with the session in Consul."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import MemberExists
from tests.integration.shardhost.rig import SHARDS, Rig
from tests.support.proxy import Proxy

Result = pb.Outcome


async def test_two_hosts_share_and_one_hands_over_when_it_leaves(rig: Rig) -> None:
    dispatch = rig.dispatch
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        async with rig.host("h2"):
            await dispatch.until(lambda: sorted(dispatch.holders.values()).count("h2") >= 3)
            await dispatch.until(lambda: len(dispatch.holders) == SHARDS)
            assert max(map(list(dispatch.holders.values()).count, ("h1", "h2"))) <= SHARDS // 2 + 1
        await dispatch.until(
            lambda: set(dispatch.holders.values()) == {"h1"} and len(dispatch.holders) == SHARDS
        )
    epochs: dict[int, list[int]] = {}
    for _, shard, epoch in dispatch.received.claims:
        epochs.setdefault(shard, []).append(epoch)
    assert all(sorted(seen) == seen for seen in epochs.values())


async def test_a_revoked_shard_is_dropped_and_won_again(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        before = rig.dispatch.epochs[3]
        rig.dispatch.send(revoke=pb.Revoke(shards=[3]))
        await rig.dispatch.until(lambda: rig.dispatch.epochs[3] > before)
        await rig.dispatch.until(lambda: received.ready.count(3) == 2)


async def test_a_lost_session_gives_everything_back_and_starts_over(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        await rig.discovery.destroy_session(received.hellos[0].consul_session)
        await rig.dispatch.until(lambda: len(received.ready) == 32)
        assert received.hellos[-1].consul_session != received.hellos[0].consul_session
        assert received.hellos[-1].incarnation == received.hellos[0].incarnation
        # A slow machine says it again: what is released is told until it is confirmed.
        held = {("h1", shard, epoch) for shard, epoch in rig.dispatch.epochs.items()}
        assert {*received.released} == {*received.claims} - held
        assert len({*received.released}) == SHARDS


async def test_a_second_host_of_the_same_name_leaves_at_once(rig: Rig) -> None:
    async with rig.host("h1"):
        with pytest.raises(ExceptionGroup) as raised:
            async with rig.host("h1"):
                pass
        assert raised.group_contains(MemberExists)


async def test_without_consul_the_host_goes_on_sending_and_keeps_its_shards(rig: Rig, consul: Proxy) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        consul.cut()
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 1)
        # Also over a new stream, which is found by what was last known.
        rig.dispatch.break_streams()
        await rig.dispatch.until(lambda: len(received.ready) == 32)
        rig.hand(rig.message(2, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
        consul.restore()
    assert [o.result for o in received.outcomes] == [Result.RESULT_SENT] * 2
    assert sorted(received.claims[SHARDS:]) == sorted(received.claims[:SHARDS])
