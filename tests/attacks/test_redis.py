"""Attacks dispatch through Redis: keys and members that no code of ours writes, while messages are due."""

import asyncio

from services.runtime import redis as connecting
from services.runtime.containment import counts
from services.runtime.settings import RedisSettings
from tests.attacks.traffic import send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.poisonous import IN_REDIS as POISON
from tests.support.slowness import patient


async def test_nothing_in_redis_ends_a_replica_or_stops_a_device(database, stack):
    """Each kind in the window of its own device, once and again and again while it sends."""
    client = connecting.connect(RedisSettings(redis_url=stack.redis.url, redis_timeout_s=patient(5.0)))
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=len(POISON), leads=len(POISON) * 4)
        shards = {row["id"]: row["shard"] for row in await connection.fetch("SELECT id, shard FROM device")}
        keys = [f"{database.name}:{{{shards[device]}}}:due:{device}" for device in devices]

        async def poison() -> None:
            async with client.pipeline(transaction=True) as pipeline:
                for key, write in zip(keys, POISON.values(), strict=True):
                    pipeline.delete(key)
                    write(pipeline, key)
                await pipeline.execute()

        await poison()
        async with replica(database) as address, attached(address) as host:
            await host.claim(ALL, 1)
            gone = await send(host, devices, len(devices))
            while len(gone) < len(messages):
                await poison()
                gone |= await send(host, [], 1)
            assert gone == set(messages)
    await client.aclose()


async def test_a_redis_that_is_poisoned_all_the_time_is_done_without(database, stack):
    """Ten times a second in the window of every device: sends go on from memory, and little is said of it."""
    client = connecting.connect(RedisSettings(redis_url=stack.redis.url, redis_timeout_s=patient(5.0)))
    counts.clear()
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=len(POISON), leads=len(POISON) * 10)
        shards = {row["id"]: row["shard"] for row in await connection.fetch("SELECT id, shard FROM device")}
        keys = [f"{database.name}:{{{shards[device]}}}:due:{device}" for device in devices]

        async def poison() -> None:
            while True:
                async with client.pipeline(transaction=True) as pipeline:
                    for key, write in zip(keys, POISON.values(), strict=True):
                        pipeline.delete(key)
                        write(pipeline, key)
                    await pipeline.execute()
                await asyncio.sleep(0.1)

        poisoner = asyncio.create_task(poison())
        async with replica(database) as address, attached(address) as host:
            await host.claim(ALL, 1)
            assert await send(host, devices, len(messages)) == set(messages)
            assert counts["dispatch.window"] < 20
        poisoner.cancel()
    await client.aclose()


async def test_a_redis_of_another_make_is_done_without(database, stack):
    """Whatever answers at its port, the windows are kept in memory."""

    async def answer(reader, writer) -> None:
        while await reader.read(1000):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n$5\r\n\xff\xfe")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with database.connection() as connection, server:
        devices, _, messages = await world(connection, devices=2, leads=10)
        url = f"redis://127.0.0.1:{port}"
        async with replica(database, redis_url=url) as address, attached(address) as host:
            await host.claim(ALL, 1)
            assert await send(host, devices, 10) == set(messages)
