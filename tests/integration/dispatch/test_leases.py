"""Who may send for a shard."""

import uuid

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.conftest import QUICK
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world

GRANTED, HELD = pb.Lease.STATUS_GRANTED, pb.Lease.STATUS_HELD
STALE, RELEASED = pb.Lease.STATUS_STALE, pb.Lease.STATUS_RELEASED


def statuses(leases):
    return {lease.status for lease in leases}


async def test_a_live_holder_keeps_its_shards(dispatch):
    async with attached(dispatch) as holder, attached(dispatch) as other:
        assert statuses(await holder.claim(ALL, 5)) == {GRANTED}
        [held, *_] = await other.claim(ALL, 6)
        assert held.status == HELD
        assert 0 < held.retry_after_ms <= QUICK["term_s"] * 1000 + 50


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


async def test_a_host_hears_that_its_lease_was_freed_also_where_nothing_is_due(dispatch, database):
    """As a repair or a restore frees it: else the shard was nobody's until a message was due."""
    async with database.connection() as connection, attached(dispatch) as holder:
        await holder.claim([3, 4], 5)
        await connection.execute("UPDATE shard_lease SET incarnation = NULL, epoch = 6 WHERE shard = 3")
        assert list((await holder.read("revoke")).shards) == [3]
        assert statuses(await holder.claim([3], 7)) == {GRANTED}
