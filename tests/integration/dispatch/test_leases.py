"""Who may send for a shard, and what happens when a host is dead."""

import uuid

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.reaper import Reaper
from services.dispatch.settings import DispatchSettings
from services.dispatch.store import PLANNER, Store
from services.runtime.postgres import Postgres
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world

GRANTED, HELD = pb.Lease.STATUS_GRANTED, pb.Lease.STATUS_HELD
STALE, RELEASED = pb.Lease.STATUS_STALE, pb.Lease.STATUS_RELEASED


def statuses(leases):
    return {lease.status for lease in leases}


async def test_a_live_holder_keeps_its_shards(dispatch):
    async with attached(dispatch) as holder, attached(dispatch) as other:
        assert statuses(await holder.claim(ALL, 5)) == {GRANTED}
        [held, *_] = await other.claim(ALL, 6)
        assert held.status == HELD
        assert 0 < held.retry_after_ms <= 2050


async def test_an_older_epoch_is_stale(dispatch):
    async with attached(dispatch) as holder, attached(dispatch) as other:
        await holder.claim(ALL, 5)
        assert statuses(await other.claim(ALL, 4)) == {STALE}


async def test_an_older_epoch_is_stale_on_a_free_shard_too(dispatch):
    async with attached(dispatch) as holder, attached(dispatch) as other:
        await holder.claim([3], 5)
        await holder.write(releases=pb.ReleaseFrame(claims=[pb.ShardClaim(shard=3, epoch=5)]))
        await holder.read("leases")
        assert statuses(await other.claim([3], 4)) == {STALE}


async def test_a_released_shard_is_free_at_once(dispatch):
    async with attached(dispatch) as holder, attached(dispatch) as other:
        await holder.claim([3], 5)
        await holder.write(releases=pb.ReleaseFrame(claims=[pb.ShardClaim(shard=3, epoch=5)]))
        assert statuses((await holder.read("leases")).leases) == {RELEASED}
        assert statuses(await other.claim([3], 6)) == {GRANTED}


async def test_the_same_incarnation_takes_its_shards_along_to_a_new_stream(dispatch):
    incarnation = str(uuid.uuid4())
    async with attached(dispatch, incarnation=incarnation) as first:
        await first.claim(ALL, 5)
        async with attached(dispatch, incarnation=incarnation) as second:
            assert statuses(await second.claim(ALL, 5)) == {GRANTED}


async def test_a_superseded_stream_is_ended(dispatch):
    incarnation = str(uuid.uuid4())
    async with (
        attached(dispatch, incarnation=incarnation) as first,
        attached(dispatch, incarnation=incarnation),
    ):
        assert await first.ended(within_s=5)


async def test_a_claim_brings_the_devices_of_the_shard(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=20)
        shards = {row[0]: row[1] for row in await connection.fetch("SELECT id, shard FROM device")}
    async with attached(dispatch) as host:
        await host.claim([1, 2], 5)
        frame = await host.read("devices")
        assert {d.device_id for d in frame.devices} == {d for d in devices if shards[d] in (1, 2)}
        assert all(d.connect and d.phone.isdigit() for d in frame.devices)


async def test_a_device_made_later_is_told(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        await host.claim(ALL, 5)
        await world(connection, devices=1)
        assert len((await host.read("devices")).devices) == 1


@pytest.fixture
async def store(database):
    settings = DispatchSettings(postgres_dsn=database.dsn("dispatch"))
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Store(postgres, 20)


async def test_the_reaper_frees_leases_and_ends_the_session_of_the_dead(database, store):
    ended = []

    async def end_session(session):
        ended.append(session)

    settings = DispatchSettings(postgres_dsn="postgresql://none", term_s=1e-9, grace_s=0.001)
    reaper = Reaper(store, end_session, settings)
    async with database.connection() as connection:
        await world(connection, devices=1, leads=1)
        dead, alive = uuid.uuid4(), uuid.uuid4()
        await store.attach(str(dead), "dead", "dead-session", 1, 60)
        await store.attach(str(alive), "alive", "alive-session", 2, 60)
        await store.claim([(shard, 5) for shard in range(8)], str(dead), 1)
        await store.claim([(shard, 6) for shard in range(8, 16)], str(alive), 2)
        await connection.execute(
            "UPDATE message SET state = 'handed', epoch = 5;"
            " UPDATE device SET shard = 0;"
            " UPDATE device_pace SET in_flight_id = m.id, in_flight_at = m.scheduled_at FROM message m;"
            " UPDATE host SET expires_at = now() - interval '1 s' WHERE host_id = 'dead'"
        )
        await reaper.run_once()
        assert await reaper.run_once() == 1
        assert ended == ["dead-session"]
        assert await connection.fetchval("SELECT count(*) FROM shard_lease WHERE incarnation IS NULL") == 8
        assert await connection.fetchval("SELECT string_agg(host_id, ',') FROM host") == "alive"
        assert await states(connection) == {"unknown": 1}
        assert await connection.fetchval("SELECT in_flight_id FROM device_pace") is not None


async def test_the_reaper_waits_a_term_before_it_believes_that_anyone_is_dead(database, store):
    async def end_session(_session):
        raise AssertionError

    settings = DispatchSettings(postgres_dsn="postgresql://none", term_s=3600, grace_s=0.001)
    await store.attach(str(uuid.uuid4()), "late", "session", 1, 0.0)
    reaper = Reaper(store, end_session, settings)
    assert await reaper.run_once() == 0
    assert await reaper.run_once() == 0
