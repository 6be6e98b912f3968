"""Attacks dispatch through Redis: keys and members that no code of ours writes, while messages are due."""

import asyncio

from services.runtime import redis as connecting
from services.runtime.settings import RedisSettings
from tests.attacks.traffic import send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world

FAR = 253_402_300_799_000_000  # the last second of the year 9999
POISON = {
    "a member that is no number": lambda r, key: r.zadd(key, {"no number": 0}),
    "a member that is no text": lambda r, key: r.zadd(key, {b"\xff\xfe\x00:\xff": -1}),
    "a member of 1 MB": lambda r, key: r.zadd(key, {"1" * 1_000_000: 0}),
    "a member of digits without end": lambda r, key: r.zadd(key, {"9" * 5000 + ":1": 0}),
    "numbers below nothing": lambda r, key: r.zadd(key, {"-5:-7": -1e308}),
    "a message of the year 9999 that goes first": lambda r, key: r.zadd(key, {f"{FAR}:7": "-inf"}),
    "a time behind all times": lambda r, key: r.zadd(key, {f"{2**63}:7": 0}),
    "a score without end": lambda r, key: r.zadd(key, {"5:7": "inf"}),
    "a thousand messages that are not there": lambda r, key: r.zadd(
        key, {f"{n}:{n + 10**9}": n for n in range(1000)}
    ),
    "a thousand members of rubbish": lambda r, key: r.zadd(key, {f"rubbish {n}": n for n in range(1000)}),
    "a string": lambda r, key: r.set(key, "no sorted set"),
    "a list": lambda r, key: r.rpush(key, "1:1"),
    "a hash": lambda r, key: r.hset(key, "a", "b"),
    "a stream": lambda r, key: r.xadd(key, {"a": "b"}),
}


async def test_nothing_in_redis_ends_a_replica_or_stops_a_device(database, stack):
    """Each kind in the window of its own device, once and again and again while it sends."""
    client = connecting.connect(RedisSettings(redis_url=stack.redis.url))
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
