"""What a membership promises, to its holder and to those who watch."""

import asyncio

import pytest

from infra.local.servers.consul import Consul
from services.runtime.discovery import Discovery, DiscoveryUnavailable, MemberExists, MemberSession
from tests.integration.discovery.consul_cluster import consul_cluster
from tests.integration.discovery.waiting import following, until
from tests.support.slowness import patient


async def test_watchers_see_members_come_and_go(discovery: Discovery) -> None:
    members = discovery.watch_members()
    assert (await anext(members)).ids == frozenset()
    one = await MemberSession.open(discovery, "one")
    two = await MemberSession.open(discovery, "two")
    both = await following(members, lambda seen: seen.ids == {"one", "two"}, within=5)
    assert both.sessions == {"one": one.id, "two": two.id}
    await discovery.destroy_session(two.id)
    await following(members, lambda seen: seen.ids == {"one"}, within=5)
    await one.close()
    last = await following(members, lambda seen: not seen.ids, within=5)
    assert last.index > both.index
    await members.aclose()


async def test_a_member_that_left_or_was_ended_is_away_until_it_is_back(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one")
    two = await MemberSession.open(discovery, "two")
    await discovery.destroy_session(one.id)
    await two.leave()
    seen = await anext(discovery.watch_members())
    assert not seen.ids
    assert set(seen.away) == {"one", "two"}
    await two.close()
    again = await MemberSession.open(discovery, "one", patience=5)
    seen = await anext(discovery.watch_members())
    assert seen.sessions == {"one": again.id}
    assert set(seen.away) == {"two"}


async def test_one_that_stays_away_is_forgotten(discovery: Discovery) -> None:
    await (await MemberSession.open(discovery, "one")).close()
    seen = await anext(discovery.watch_members())
    await discovery.forget_member("one", seen.away["one"])
    assert not (await anext(discovery.watch_members())).known


async def test_one_that_has_come_back_or_gone_anew_is_not_forgotten(discovery: Discovery) -> None:
    await (await MemberSession.open(discovery, "one")).close()
    index = (await anext(discovery.watch_members())).away["one"]
    again = await MemberSession.open(discovery, "one")
    await discovery.forget_member("one", index)
    assert (await anext(discovery.watch_members())).sessions == {"one": again.id}
    await again.close()
    await discovery.forget_member("one", index)
    assert (await anext(discovery.watch_members())).away.keys() == {"one"}


async def test_a_session_outlives_the_server_it_was_opened_through() -> None:
    async with (
        consul_cluster(3) as (first, second, _),
        Discovery(first.address) as through_first,
        Discovery(second.address) as through_second,
    ):
        one = await MemberSession.open(through_first, "one", ttl=10)
        client = through_second.client
        first.kill()

        async def declared_dead() -> bool:
            try:
                _, checks = await client._call(client._consul.health.node(first.name))
            except DiscoveryUnavailable:  # no leader at this moment
                return False
            return [check["Status"] for check in checks] == ["critical"]

        await until(declared_dead, within=30)
        assert (await anext(through_second.watch_members())).sessions == {"one": one.id}
        survivor = MemberSession(through_second, "one", one.id, ttl=10)
        await survivor.run_once()
        assert not survivor.lost.is_set()


async def test_a_second_process_of_the_same_name_is_refused(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one")
    with pytest.raises(MemberExists) as refused:
        await MemberSession.open(discovery, "one", patience=0.3)
    assert refused.value.holder_session == one.id
    await one.run_once()
    assert not one.lost.is_set()


async def test_a_successor_waits_for_its_predecessor_to_end(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one", lock_delay=0.5)
    successor = asyncio.create_task(MemberSession.open(discovery, "one", patience=10, lock_delay=0.5))
    await discovery.destroy_session(one.id)
    two = await asyncio.wait_for(successor, patient(5))
    assert two.id != one.id
    await one.close()
    await two.run_once()
    assert not two.lost.is_set(), "closing the predecessor must leave the successor alone"


async def test_close_leaves_nothing_behind_and_frees_the_name(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one", lock_delay=20)
    await one.close()
    assert await discovery.client.nodes({"mesh": discovery.prefix}) == []
    await (await MemberSession.open(discovery, "one")).close()


async def test_a_destroyed_session_is_noticed(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one", ttl=2)
    renewing = asyncio.create_task(one.run())
    await discovery.destroy_session(one.id)
    done, _ = await asyncio.wait({renewing}, timeout=patient(5))
    assert done == {renewing}
    assert one.lost.is_set()


async def test_a_session_lives_while_renewed_and_ends_soon_after(discovery: Discovery) -> None:
    members = discovery.watch_members()
    one = await MemberSession.open(discovery, "one", ttl=1)
    await following(members, lambda seen: seen.ids == {"one"}, within=5)
    renewing = asyncio.create_task(one.run())
    with pytest.raises(TimeoutError):  # three times its TTL, of which Consul grants two
        await following(discovery.watch_members(), lambda seen: not seen.ids, within=3)
    renewing.cancel()
    await following(members, lambda seen: not seen.ids, within=6)
    await one.run_once()
    assert one.lost.is_set()
    await members.aclose()


async def test_a_session_survives_the_restart_of_consul(own_consul: Consul) -> None:
    async with Discovery(own_consul.address, deadline=1.0) as discovery:
        one = await MemberSession.open(discovery, "one", ttl=3)
        members = discovery.watch_members()
        assert (await anext(members)).ids == {"one"}
        renewing = asyncio.create_task(one.run())
        own_consul.kill()
        await own_consul.start()
        two = await MemberSession.open(discovery, "two")
        await following(members, lambda seen: seen.ids == {"one", "two"}, within=10)
        await one.run_once()
        assert not one.lost.is_set()
        await discovery.destroy_session(one.id)
        await asyncio.wait_for(renewing, patient(5))
        await two.close()
        await members.aclose()


async def test_an_absent_consul_is_no_loss_and_close_does_not_fail(own_consul: Consul) -> None:
    async with Discovery(own_consul.address, deadline=0.5) as discovery:
        one = await MemberSession.open(discovery, "one", ttl=1)
        own_consul.kill()
        with pytest.raises(TimeoutError):  # far beyond the TTL
            await asyncio.wait_for(one.run(), 3)
        assert not one.lost.is_set()
        await one.close()
        await own_consul.start()
        await following(discovery.watch_members(), lambda seen: not seen.ids, within=10)
        await one.run_once()
        assert one.lost.is_set()


async def test_the_node_of_a_predecessor_that_ended_by_its_ttl_is_cleared_away(discovery: Discovery) -> None:
    one = await MemberSession.open(discovery, "one", ttl=1)
    await MemberSession.open(discovery, "other")
    await MemberSession.open(discovery, "one", patience=10)
    await one.run_once()
    assert one.lost.is_set()
    assert len(await discovery.client.nodes({"mesh": discovery.prefix})) == 2
