"""A session that another one replaced: at first it passes by itself, then an operator is asked."""

import asyncio

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.host import Host, attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.eventually import eventually
from tests.support.slowness import patient

REFUSED = pb.Outcome.RESULT_REFUSED


async def replaced(host: Host, device: int) -> None:
    """The host says so of its session."""
    event = pb.DeviceEvent(device_id=device, epoch=1, type=pb.DeviceEvent.TYPE_REPLACED)
    await host.write(device_events=pb.DeviceEventFrame(events=[event]))


async def state(connection) -> tuple[str, str]:
    return tuple(await connection.fetchrow("SELECT state, state_reason FROM device"))


async def becomes(connection, *expected: str) -> None:
    async def is_so() -> bool:
        return await state(connection) == expected

    await eventually(is_so)


async def told(host: Host, *, connect: bool) -> None:
    """Until the device is listed so."""
    async with asyncio.timeout(patient(10)):
        while (await host.read("devices")).devices[-1].connect != connect:
            pass


async def test_the_first_time_holds_the_device_and_ends_its_session_meanwhile(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            # Told twice of one and the same: with the send that met it, and as an event.
            await host.report([message], REFUSED, failure=pb.FAILURE_REPLACED)
            await replaced(host, devices[0])
            await told(host, connect=False)
            assert await state(connection) == ("held", "replaced")
            left = "SELECT extract(epoch FROM held_until - now())::float8 FROM device"
            assert 0 < await connection.fetchval(left) <= 10
            await connection.execute("UPDATE device SET held_until = now()")
            await told(host, connect=True)
            assert await state(connection) == ("active", "replaced")
            await host.ready(devices)
            [again] = await host.messages(1)
            assert again.message_id == message.message_id


async def test_again_within_ten_minutes_parks_it(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await replaced(host, devices[0])
            await becomes(connection, "held", "replaced")
            await connection.execute("UPDATE device SET held_until = now()")
            await becomes(connection, "active", "replaced")
            await replaced(host, devices[0])
            await becomes(connection, "parked", "replaced")
            await told(host, connect=False)
        events = await connection.fetch("SELECT state, reason FROM event ORDER BY id")
        assert [tuple(event) for event in events] == [
            ("held", "replaced"),
            ("active", None),
            ("parked", "replaced"),
        ]


async def test_later_it_is_a_first_time_again(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        await connection.execute(
            "UPDATE device SET state_reason = 'replaced', updated_at = now() - interval '11 min'"
        )
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await replaced(host, devices[0])
            await becomes(connection, "held", "replaced")
