"""A message that is in flight in the database alone, with nothing else due on its device."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support.eventually import eventually

# As a hand leaves it that read its lease before the shard changed hands, and went on afterwards.
LATE_HAND = """
WITH handed AS (
    UPDATE message SET state = 'handed', epoch = 1, attempts = 1, handed_at = now()
    RETURNING id, scheduled_at, device_id
)
UPDATE device_pace p SET in_flight_id = handed.id, in_flight_at = handed.scheduled_at
FROM handed WHERE p.device_id = handed.device_id
"""


@pytest.mark.parametrize("transport", ["simulated", "neonize"])
async def test_it_is_found_although_nothing_else_is_due(database, dispatch, transport):
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=1, leads=1, transport=transport)
        later = "UPDATE message SET not_before = now() + interval '{}'"
        await connection.execute(later.format("1 h"))
        async with attached(dispatch) as host:
            await host.claim(ALL, 2)
            await host.ready(devices)
            await connection.execute(LATE_HAND)
            await connection.execute(later.format("0 s"))
            if transport == "simulated":
                [again] = await host.messages(1)
                assert (again.message_id, again.repeat) == (messages[0], True)
                await host.report([again])
                assert await states(connection) == {"sent": 1}
            else:

                async def is_settled() -> bool:
                    return await states(connection) == {"unknown": 1}

                await eventually(is_settled)


async def test_what_the_host_has_in_hand_is_not_left_over(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 2)
            await host.ready(devices)
            [message] = await host.messages(1)

            async def is_scanned() -> bool:
                """Some scans later: they find the window of the device low each time."""
                return bool(
                    await connection.fetchval(
                        "SELECT clock_timestamp() - handed_at > interval '0.5 s' FROM message"
                    )
                )

            await eventually(is_scanned)
            await host.report([message], pb.Outcome.RESULT_SENT)
        assert await connection.fetchval("SELECT attempts FROM message") == 1
