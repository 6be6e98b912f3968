"""Devices: created in bulk, placed for good, listed."""

import grpc
from google.protobuf import duration_pb2

from kompang.v1 import devices_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway


def seconds(value: float) -> duration_pb2.Duration:
    made = duration_pb2.Duration()
    made.FromMilliseconds(int(value * 1000))
    return made


async def test_defaults_and_placement(acme: Client, gateway: Gateway) -> None:
    made = await acme.linked(40)
    assert [one.phone for one in made] == [f"+6011{n:08d}" for n in range(40)]
    assert {(one.min_delay.seconds, one.max_delay.seconds, one.state) for one in made} == {
        (5, 15, pb.Device.STATE_ACTIVE)
    }
    assert len({one.shard for one in made}) > 5
    assert all(0 <= one.shard < 16 for one in made)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM device_pace") == 40
    assert await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=made[7].name)) == made[7]


async def test_a_long_least_delay_moves_the_most(acme: Client) -> None:
    [made] = await acme.linked(1, min_delay=seconds(20))
    assert (made.min_delay.seconds, made.max_delay.seconds) == (20, 20)


async def test_everything_wrong_is_told_at_once(acme: Client) -> None:
    request = pb.BatchCreateDevicesRequest(
        devices=[
            pb.Device(phone="0123456789"),
            pb.Device(phone="+60123456789", min_delay=seconds(9), max_delay=seconds(3)),
            pb.Device(phone="+60 12-345 6789"),
            pb.Device(phone="+60123456780", max_delay=seconds(3)),
            pb.Device(phone="+60123456781", daily_cap=-1, max_delay=seconds(3601)),
            pb.Device(phone="+999123456"),
            pb.Device(),
        ]
    )
    refused = await acme.refused(acme.devices.BatchCreateDevices, request)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(refused.violations) == {
        "devices[0].phone", "devices[1].max_delay", "devices[2].phone", "devices[3].max_delay",
        "devices[4].daily_cap", "devices[4].max_delay", "devices[5].phone", "devices[6].phone",
    }  # fmt: skip
    assert "devices[1].phone" in refused.violations["devices[2].phone"]
    assert "+60123456789" in refused.violations["devices[0].phone"]  # the example of the remedy
    assert not (await acme.call(acme.devices.ListDevices, pb.ListDevicesRequest())).devices


async def test_a_number_linked_already_refuses_the_batch(acme: Client, other: Client) -> None:
    await acme.linked(2)
    request = pb.BatchCreateDevicesRequest(
        devices=[pb.Device(phone="+60123456789"), pb.Device(phone="+601100000001")]
    )
    refused = await acme.refused(acme.devices.BatchCreateDevices, request)
    assert refused.code is grpc.StatusCode.ALREADY_EXISTS
    assert refused.metadata["field"] == "devices[1].phone"
    assert "+601100000001" not in refused.message
    assert len((await acme.call(acme.devices.ListDevices, pb.ListDevicesRequest())).devices) == 2
    await other.linked(2)


async def test_the_host_is_told_while_its_term_lasts(acme: Client, gateway: Gateway) -> None:
    [made] = await acme.linked(1)
    async with gateway.database.connection() as connection:
        await connection.execute(
            "INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)"
            " VALUES (gen_random_uuid(), 'host-1', 's', 1, now() + interval '1 minute')"
        )
        await connection.execute("UPDATE shard_lease SET incarnation = (SELECT incarnation FROM host)")
        get = pb.GetDeviceRequest(name=made.name)
        assert (await acme.call(acme.devices.GetDevice, get)).host == "host-1"
        await connection.execute("UPDATE host SET expires_at = now()")
        assert (await acme.call(acme.devices.GetDevice, get)).host == ""


async def test_pages_and_other_accounts(acme: Client, other: Client) -> None:
    made = await acme.linked(5)
    first = await acme.call(acme.devices.ListDevices, pb.ListDevicesRequest(page_size=3))
    rest = await acme.call(
        acme.devices.ListDevices, pb.ListDevicesRequest(page_size=3, page_token=first.next_page_token)
    )
    assert [*first.devices, *rest.devices] == made
    assert rest.next_page_token == ""
    theirs = await other.refused(
        other.devices.ListDevices, pb.ListDevicesRequest(page_token=first.next_page_token)
    )
    assert (theirs.code, set(theirs.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"page_token"})
    assert (
        await other.refused(other.devices.GetDevice, pb.GetDeviceRequest(name=made[0].name))
    ).code is grpc.StatusCode.NOT_FOUND
    huge = pb.GetDeviceRequest(name="devices/" + "9" * 18)
    assert (await acme.refused(acme.devices.GetDevice, huge)).code is grpc.StatusCode.NOT_FOUND


async def test_a_warm_up_has_the_products_figures(acme):
    [device] = await acme.linked(1, warm_up=pb.WarmUp())
    assert (device.warm_up.first_day_count, device.warm_up.daily_growth) == (20, 1.5)
    request = pb.BatchCreateDevicesRequest(
        devices=[
            pb.Device(phone="+60123456780", warm_up=pb.WarmUp(first_day_count=5, daily_growth=2)),
            pb.Device(phone="+60123456781"),
        ]
    )
    slow, none = (await acme.call(acme.devices.BatchCreateDevices, request)).devices
    assert (slow.warm_up.first_day_count, slow.warm_up.daily_growth) == (5, 2)
    assert not none.HasField("warm_up")
