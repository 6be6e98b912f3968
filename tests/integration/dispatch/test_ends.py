"""How a device ends: what follows for it, its messages, and all others that run the same client."""

import asyncio

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.proxies import proxy_sealing
from services.runtime.secret import RootSecret
from tests.integration.dispatch.host import Host, attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support.device_ends import End, device_ends
from tests.support.eventually import eventually
from tests.support.secret import SECRET
from tests.support.slowness import patient

REFUSED = pb.Outcome.RESULT_REFUSED
BLOCKED = pb.BAN_REASON_BLOCKED_BY_USERS
# The client is no device's: below.
OF_DEVICES = [end for end in device_ends() if end.failure != "CLIENT_OUTDATED"]


async def told(host: Host, device: int, *, connect: bool) -> pb.Device:
    """The device, once it is listed so."""
    async with asyncio.timeout(patient(10)):
        while True:
            for listed in (await host.read("devices")).devices:
                if (listed.device_id, listed.connect) == (device, connect):
                    return listed


async def tell(host: Host, device: int, kind: str, **fields: object) -> None:
    """An event of the device's session."""
    event = pb.DeviceEvent(device_id=device, epoch=1, type=f"TYPE_{kind}", **fields)  # type: ignore[arg-type]
    await host.write(device_events=pb.DeviceEventFrame(events=[event]))


async def state(connection, device: int) -> tuple[str, str, str]:
    row = await connection.fetchrow(
        "SELECT state, state_reason, ban_reason FROM device WHERE id = $1", device
    )
    return tuple(row)


@pytest.mark.parametrize("end", OF_DEVICES, ids=lambda end: f"{end.failure}-{end.state}")
async def test_each_end_does_what_its_row_says_and_the_message_waits(database, dispatch, end: End):
    async with database.connection() as connection:
        [device], _, _ = await world(connection, devices=1, leads=1)
        if end.is_again:
            await connection.execute("UPDATE device SET state_reason = 'replaced', updated_at = now()")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready([device])
            [message] = await host.messages(1)
            failure = pb.Failure.Value(f"FAILURE_{end.failure}")
            # Told twice of one and the same: with the send that met it, and as an event.
            await host.report([message], REFUSED, failure=failure, ban_reason=BLOCKED)
            if end.session == "closed":
                await tell(host, device, end.failure, ban_reason=BLOCKED)
                await told(host, device, connect=False)
            elif end.state == "active":
                await tell(host, device, end.failure)
                await tell(host, device, "CONNECTED")
            is_ban = "BAN" in end.failure
            assert await state(connection, device) == (
                end.state, end.reason, "blocked_by_users" if is_ban else "",
            )  # fmt: skip
            waits = "SELECT state::text, device_id FROM message"
            assert tuple(await connection.fetchrow(waits)) == ("pending", device)
            events = await connection.fetch(
                "SELECT reason, ban_reason FROM event WHERE type = 'device_changed'"
            )
            assert [tuple(each) for each in events] == (
                [(end.reason, "blocked_by_users" if is_ban else None)] if end.state != "active" else []
            )
            # When that is over, the same message goes, under its id.
            if end.state == "parked":
                await connection.execute("UPDATE device SET state = 'active', updated_at = now()")
            elif end.state == "held":
                await connection.execute("UPDATE device SET held_until = now()")
            await connection.execute("UPDATE message SET not_before = NULL")
            await told(host, device, connect=True) if end.session == "closed" else None
            await host.ready([device])
            [again] = await host.messages(1)
            assert (again.message_id, again.wire_id) == (message.message_id, message.wire_id)


async def test_a_ban_of_which_the_second_word_says_what_for_tells_it(database, dispatch):
    async with database.connection() as connection:
        [device], _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await tell(host, device, "TEMPORARY_BAN", hold_s=60)
            # A code of a version that is newer than this one.
            await tell(host, device, "TEMPORARY_BAN", hold_s=60, ban_reason=99)

            async def has_reason() -> bool:
                return await state(connection, device) == ("held", "temporary_ban", "other")

            await eventually(has_reason)
            await told(host, device, connect=False)
            await connection.execute("UPDATE device SET held_until = now()")
            await told(host, device, connect=True)
            assert await state(connection, device) == ("active", "", "")


async def test_an_outdated_client_holds_every_device_that_runs_it_with_one_event_an_account(
    database, dispatch
):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=4, leads=4)
        parked, of_another_network = devices[2], devices[3]
        await connection.execute(
            "UPDATE device SET state = 'parked', state_reason = 'banned' WHERE id = $1", parked
        )
        await connection.execute("UPDATE device SET transport = 'neonize' WHERE id = $1", of_another_network)
        async with attached(dispatch, clients={"simulated": "1", "neonize": "1"}) as host:
            await host.claim(ALL, 1)
            await host.ready(devices[:1])
            [message] = await host.messages(1)
            await host.report([message], REFUSED, failure=pb.FAILURE_CLIENT_OUTDATED)
            await tell(host, devices[0], "CLIENT_OUTDATED")
            await tell(host, devices[1], "CLIENT_OUTDATED")
            await told(host, devices[1], connect=False)
            assert [await state(connection, each) for each in devices] == [
                ("held", "client_outdated", ""),
                ("held", "client_outdated", ""),
                ("parked", "banned", ""),
                ("active", "", ""),
            ]
            assert await events_of(connection) == [(None, "held", "client_outdated")]
            # Another device comes to be active on the same host: it does not try.
            await connection.execute(
                "UPDATE device SET state = 'active', state_reason = '', updated_at = now() WHERE id = $1",
                parked,
            )
            await told(host, parked, connect=False)
            assert await events_of(connection) == [(None, "held", "client_outdated")]
            await host.write(releases=pb.ReleaseFrame(claims=[pb.ShardClaim(shard=s, epoch=1) for s in ALL]))
            await host.read("leases")
        # A host with the same version gets no session either; one with another has them all at once.
        async with attached(dispatch, clients={"simulated": "1"}) as same:
            await same.claim(ALL, 2)
            assert not any(
                listed.connect
                for listed in (await same.read("devices")).devices
                if listed.transport == "simulated"
            )
            await same.write(releases=pb.ReleaseFrame(claims=[pb.ShardClaim(shard=s, epoch=2) for s in ALL]))
            await same.read("leases")
        async with attached(dispatch, clients={"simulated": "2"}) as upgraded:
            await upgraded.claim(ALL, 3)
            assert all(listed.connect for listed in (await upgraded.read("devices")).devices)
            await upgraded.ready(devices)
            assert message.message_id in {each.message_id for each in await upgraded.messages(4)}
        assert await events_of(connection) == [
            (None, "held", "client_outdated"),
            (None, "active", "client_outdated"),
        ]


async def events_of(connection) -> list[tuple[object, ...]]:
    found = await connection.fetch(
        "SELECT device_id, state, reason FROM event WHERE type = 'device_changed' ORDER BY id"
    )
    return [tuple(each) for each in found]


async def test_the_link_of_a_device_is_what_its_sessions_say_last(database, dispatch):
    jid = "601100000001:7@s.whatsapp.net"

    async def link() -> tuple[object, ...] | None:
        row = await connection.fetchrow("SELECT epoch, state, jid FROM device_link")
        return row and tuple(row)

    async def becomes(*expected: object) -> None:
        async def is_so() -> bool:
            return await link() == expected

        await eventually(is_so)

    async with database.connection() as connection:
        [device], _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await tell(host, device, "CONNECTED", jid=jid)
            await becomes(1, "connected", jid)
            await tell(host, device, "PUMP_LOST")
            await becomes(1, "disconnected", jid)
            await tell(host, device, "CONNECTED")
            await becomes(1, "connected", jid)
            # What is said under another epoch is of an older session.
            stale = pb.DeviceEvent(device_id=device, epoch=0, type=pb.DeviceEvent.TYPE_LOGGED_OUT)
            await host.write(device_events=pb.DeviceEventFrame(events=[stale]))
            await tell(host, device, "DISCONNECTED")
            await becomes(1, "disconnected", jid)
            await tell(host, device, "LOCKED")
            await becomes(1, "unpaired", "")


async def test_a_host_is_told_the_proxy_and_nothing_of_a_device_whose_proxy_cannot_be_read(
    database, dispatch
):
    url = "socks5://shop:pass%40word@10.0.0.7:1080"
    sealing = proxy_sealing(RootSecret(SECRET.encode()))
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=3, leads=3)
        phones = [
            await connection.fetchval("SELECT phone FROM device WHERE id = $1", each) for each in devices
        ]
        kept = sealing.seal(url, phones[0])
        assert b"shop" not in kept
        # The second one's is the first one's, put into its row.
        for device in devices[:2]:
            await connection.execute("UPDATE device SET proxy = $1 WHERE id = $2", kept, device)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            listed = (await host.read("devices")).devices
            assert {each.device_id: each.proxy for each in listed} == {devices[0]: url, devices[2]: ""}
