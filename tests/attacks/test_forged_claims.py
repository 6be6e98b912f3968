"""Attacked: who may send. A process that reaches dispatch claims shards that it does not hold in Consul."""

import uuid

import grpc
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery, Locks
from services.runtime.errors import Unavailable
from tests.attacks.shard_hosts import member, shard_host
from tests.integration.dispatch.conftest import doubting_replica
from tests.integration.dispatch.host import Host, attached
from tests.support.database import Database
from tests.support.eventually import eventually

GRANTED, HELD = pb.Lease.STATUS_GRANTED, pb.Lease.STATUS_HELD
STALE = pb.Lease.STATUS_STALE
SHARDS = range(16)
POISON = 2**40


@pytest.fixture
async def dispatch(database):
    async with doubting_replica(database) as address:
        yield address


async def claim(host: Host, epochs: dict[int, int]) -> dict[int, tuple[int, str]]:
    """Status and reason of each shard."""
    claims = [pb.ShardClaim(shard=shard, epoch=epoch) for shard, epoch in epochs.items()]
    await host.write(claims=pb.ClaimFrame(claims=claims))
    return {lease.shard: (lease.status, lease.reason) for lease in (await host.read("leases")).leases}


async def holders(database: Database) -> int:
    async with database.connection() as connection:
        return await connection.fetchval("SELECT count(*) FROM shard_lease WHERE incarnation IS NOT NULL")


async def test_who_holds_the_locks_gets_the_leases(database, dispatch):
    async with shard_host(database, dispatch, "honest", SHARDS) as (host, _, epochs):
        assert set((await claim(host, epochs)).values()) == {(GRANTED, "")}


async def test_a_thief_without_any_lock_gets_nothing_and_poisons_nothing(database, dispatch):
    async with attached(dispatch) as thief:
        answers = await claim(thief, dict.fromkeys(SHARDS, POISON))
        assert {status for status, _ in answers.values()} == {STALE}
        assert await holders(database) == 0
        async with shard_host(database, dispatch, "honest", SHARDS) as (host, _, epochs):
            assert {status for status, _ in (await claim(host, epochs)).values()} == {GRANTED}
            # With live leases in the way too, and under each epoch that could count.
            for epoch in (POISON, *(epochs[0] + step for step in (-1, 0, 1))):
                answers = await claim(thief, dict.fromkeys(SHARDS, epoch))
                assert GRANTED not in {status for status, _ in answers.values()}
            assert {status for status, _ in (await claim(host, epochs)).values()} == {GRANTED}


async def test_what_is_known_of_anothers_session_is_no_proof(database, dispatch):
    async with shard_host(database, dispatch, "honest", SHARDS) as (host, session, epochs):
        for name in ("honest", "thief"):
            async with attached(dispatch, session=session.id, host_id=name) as thief:
                assert set((await claim(thief, epochs)).values()) == {(STALE, "session_of_another")}
        assert {status for status, _ in (await claim(host, epochs)).values()} == {GRANTED}


async def test_a_member_gets_no_shard_that_it_has_not_locked(database, dispatch):
    async with (
        shard_host(database, dispatch, "honest", SHARDS) as (_, _, epochs),
        shard_host(database, dispatch, "greedy", []) as (greedy, _, _),
    ):
        assert set((await claim(greedy, epochs)).values()) == {(STALE, "lock_not_held")}


async def test_the_holder_of_a_lock_gets_it_under_its_epoch_alone(database, dispatch):
    wrong = {3: (1, "epoch_never_given"), 4: (POISON, "epoch_never_given"), 5: (-1, "epoch_older")}
    async with shard_host(database, dispatch, "honest", list(wrong)) as (host, _, epochs):
        for shard, (off, reason) in wrong.items():
            assert await claim(host, {shard: epochs[shard] + off}) == {shard: (STALE, reason)}
            assert await claim(host, {shard: epochs[shard]}) == {shard: (GRANTED, "")}


async def test_a_session_that_has_ended_holds_nothing(database, dispatch):
    async with shard_host(database, dispatch, "honest", [3, 4]) as (host, session, epochs):
        await Locks(session).release("shards/3")
        await session.discovery.destroy_session(session.id)
        assert set((await claim(host, epochs)).values()) == {(STALE, "lock_not_held")}


async def test_an_incarnation_is_of_one_host(database, dispatch):
    async with shard_host(database, dispatch, "honest", [3]) as (host, _, epochs):
        await claim(host, epochs)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            async with attached(dispatch, incarnation=host.incarnation, host_id="thief"):
                pass
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert await claim(host, epochs) == {3: (GRANTED, "")}


async def test_while_consul_is_away_own_leases_go_on_and_others_wait(database, monkeypatch):
    read, is_away = Discovery.locks, [True]

    async def flaky(self, under=""):
        if is_away:
            raise Unavailable("away")
        return await read(self, under)

    async with (
        doubting_replica(database) as first,
        shard_host(database, first, "honest", [3, 4]) as (host, session, epochs),
    ):
        assert await claim(host, {3: epochs[3]}) == {3: (GRANTED, "")}
        monkeypatch.setattr(Discovery, "locks", flaky)
        async with (
            doubting_replica(database) as second,
            attached(second, incarnation=host.incarnation, session=session.id, host_id="honest") as again,
        ):
            assert await claim(again, epochs) == {3: (GRANTED, ""), 4: (HELD, "")}
            is_away.clear()

            async def granted() -> bool:
                return await claim(again, {4: epochs[4]}) == {4: (GRANTED, "")}

            await eventually(granted)


async def test_a_dead_host_takes_no_session_along_that_is_not_its_own(database, dispatch):
    async with shard_host(database, dispatch, "honest", [3]) as (host, session, epochs):
        await claim(host, epochs)
        for name in ("honest", "thief"):
            async with attached(dispatch, session=session.id, host_id=name):
                pass

        async def forgotten() -> bool:
            async with database.connection() as connection:
                return await connection.fetchval("SELECT count(*) FROM host") == 1

        await eventually(forgotten, within_s=15)
        assert await session.discovery.client.renew_session(session.id, deadline=5.0)
        assert (await Locks(session).holders()) == {"shards/3": session.id}


async def test_a_dead_host_takes_its_own_session_along(database, dispatch):
    incarnation = str(uuid.uuid4())
    async with member(database, "dead", incarnation) as session:
        async with attached(dispatch, incarnation=incarnation, session=session.id, host_id="dead"):
            await Locks(session).acquire("shards/5")

        async def ended() -> bool:
            return not await Locks(session).holders()

        await eventually(ended, within_s=15)
