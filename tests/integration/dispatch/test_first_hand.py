"""A shard that was just granted is sent for at once: no scan and no tick is waited for."""

from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world

_FAR_S = 60.0


async def test_the_first_credit_after_a_grant_is_answered_at_once(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=2)
        async with (
            replica(database, scan_s=_FAR_S, tick_s=_FAR_S) as address,
            attached(address) as host,
        ):
            await host.claim(ALL, 1)
            for device in devices:
                await host.ready([device])
                [message] = await host.messages(1)
                assert message.device_id == device


async def test_a_grant_gives_the_rest_of_the_gap_to_the_host_to_wait(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, min_s=1.0, max_s=1.0)
        await connection.execute("UPDATE device_pace SET last_sent_at = now()")
        async with replica(database) as address, attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            assert 0 < message.wait_ms <= 300
