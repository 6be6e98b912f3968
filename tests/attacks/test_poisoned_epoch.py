"""Attacked: epochs. One that Consul does not reach keeps every host from a shard; a repair frees it."""

import json

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Locks
from tests.attacks.shard_hosts import locked, shard_host
from tests.integration.dispatch.conftest import doubting_replica
from tests.integration.dispatch.test_hand import states, world
from tests.support.shell import Shell

POISON = 2**40


@pytest.fixture
def admin(database):
    """Runs `kompang admin shards …` and returns its JSON lines."""
    shell = Shell(
        KOMPANG_POSTGRES_DSN=database.owner_dsn,
        KOMPANG_CONSUL_ADDRESS=database.stack.consul[0].address,
        KOMPANG_CONSUL_PREFIX=database.name,
    )

    async def run(*words: str) -> list[dict]:
        done = await shell.run("admin", "shards", *words, "--output", "json")
        assert done.code == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]

    return run


async def claimed(host, epochs) -> dict[int, int]:
    claims = [pb.ShardClaim(shard=shard, epoch=epoch) for shard, epoch in epochs.items()]
    await host.write(claims=pb.ClaimFrame(claims=claims))
    return {lease.shard: lease.status for lease in (await host.read("leases")).leases}


async def test_a_poisoned_epoch_is_seen_and_repaired(database, admin):
    async with (
        doubting_replica(database) as dispatch,
        database.connection() as connection,
        shard_host(database, dispatch, "honest", [1, 2]) as (host, session, epochs),
    ):
        devices, _, _ = await world(connection, devices=1, leads=2)
        await connection.execute("UPDATE device SET shard = 1")
        assert set((await claimed(host, epochs)).values()) == {pb.Lease.STATUS_GRANTED}
        await host.ready(devices)
        [message] = await host.messages(1)
        served = {each["shard"]: each for each in await admin("list")}
        assert len(served) == 16
        assert served[1] == {
            "shard": 1, "host": "honest", "epoch": epochs[1], "lockIndex": epochs[1], "lockHolder": "honest",
            "state": "served",
        }  # fmt: skip
        assert (served[3]["state"], served[3]["lockIndex"]) == ("free", None)
        assert await admin("repair", "--yes") == [
            {"shards": [], "epoch": max(epochs.values()) + 1, "unknown": 0}
        ]

        await connection.execute("UPDATE shard_lease SET epoch = $1 WHERE shard IN (1, 3)", POISON)
        await connection.execute("UPDATE message SET epoch = $1 WHERE state = 'handed'", POISON)
        assert [each["shard"] for each in await admin("list", "--state", "ahead")] == [1, 3]
        assert (await claimed(host, {1: epochs[1]})) == {1: pb.Lease.STATUS_STALE}
        [dry] = await admin("repair", "--dry-run")
        assert dry["shards"] == [1, 3]
        assert await states(connection) == {"handed": 1, "pending": 1}

        [done] = await admin("repair", "--yes")
        assert (done["shards"], done["unknown"]) == ([1, 3], 1)
        assert await states(connection) == {"unknown": 1, "pending": 1}
        assert await admin("list", "--state", "ahead") == []
        # The lock it has is older than the repair; a new one is newer.
        assert (await claimed(host, {1: epochs[1]})) == {1: pb.Lease.STATUS_STALE}
        await Locks(session).release("shards/1")
        again = await locked(session, [1, 3])
        assert set((await claimed(host, again)).values()) == {pb.Lease.STATUS_GRANTED}
        # What was handed under the poisoned epoch counts for nobody.
        message.epoch = POISON
        await host.report([message], ready=False)
        assert await states(connection) == {"unknown": 1, "pending": 1}
        assert {each["state"] for each in await admin("list") if each["shard"] in (1, 2, 3)} == {"served"}
