"""What an operator does to a device through the gateway reaches dispatch, and its host, by itself."""

from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

import gateway.devices
from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.queries import Queries
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.integration.dispatch.test_replaced import becomes, replaced, told

# The gateway's own statements, under its own role.
SQL = Queries(Path(str(gateway.devices.__file__)).with_name("queries.sql")).statements


@pytest.fixture
async def operator(database):
    connection = await asyncpg.connect(database.dsn("gateway"), ssl=False)
    yield connection
    await connection.close()


async def test_a_released_device_is_connected_again_and_sends_what_waited(database, dispatch, operator):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message], pb.Outcome.RESULT_REFUSED, failure=pb.FAILURE_BANNED)
            await becomes(connection, "parked", "banned")
            await told(host, connect=False)
            await operator.execute(SQL["release"], devices[0], 1)
            await told(host, connect=True)
            await host.ready(devices)
            [again] = await host.messages(1)
            assert again.message_id == message.message_id


async def test_a_shorter_delay_holds_at_once(database, dispatch, operator):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        await connection.execute("UPDATE device SET min_delay = '1 hour', max_delay = '1 hour'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            await host.report(await host.messages(1), text_hash=b"12345678")
            # Else nobody would ask for the second before the hour is over.
            none = timedelta()
            await operator.execute(SQL["change"], devices[0], "", none, none, 0, 0, 1.5, 0, "", None, 1)
            assert await host.messages(1)


async def test_a_change_of_something_else_makes_no_second_time_of_a_replacement(database, dispatch, operator):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        await connection.execute(
            "UPDATE device SET state_reason = 'replaced', updated_at = now() - interval '1 hour'"
        )
        none = timedelta()
        await operator.execute(SQL["change"], devices[0], "Front desk", none, none, 0, 0, 1.5, 0, "", None, 1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await replaced(host, devices[0])
            await becomes(connection, "held", "replaced")
