"""Devices: created in bulk, placed for good, listed."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
from google.protobuf import duration_pb2

from gateway.admin.store import AdminStore
from kompang.v1 import devices_pb2 as pb
from kompang.v1 import events_pb2
from services.proxies import proxy_sealing
from services.runtime.secret import RootSecret
from services.runtime.settings import PostgresSettings
from tests.integration.gateway.mesh import Client, Gateway, consent, lead, unpacked
from tests.support import rows
from tests.support.secret import SECRET
from tests.support.slowness import patient


def seconds(value: float) -> duration_pb2.Duration:
    made = duration_pb2.Duration()
    made.FromMilliseconds(int(value * 1000))
    return made


async def test_a_new_device_has_defaults_and_a_shard(acme: Client, owner: asyncpg.Connection) -> None:
    made = await acme.linked(40)
    assert [one.phone for one in made] == [f"+6011{n:08d}" for n in range(40)]
    assert {(one.min_delay.seconds, one.max_delay.seconds, one.state) for one in made} == {
        (5, 15, pb.Device.STATE_ACTIVE)
    }
    assert len({one.shard for one in made}) > 5
    assert all(0 <= one.shard < 16 for one in made)
    assert await owner.fetchval("SELECT count(*) FROM device_pace") == 40
    assert await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=made[7].name)) == made[7]


async def test_a_long_least_delay_moves_the_most(acme: Client) -> None:
    [made] = await acme.linked(1, min_delay=seconds(20))
    assert (made.min_delay.seconds, made.max_delay.seconds) == (20, 20)


async def test_a_bad_batch_is_refused_with_all_its_violations(acme: Client) -> None:
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


async def devices_of(client: Client) -> list[Any]:
    return list((await client.call(client.devices.ListDevices, pb.ListDevicesRequest())).devices)


async def test_a_number_of_another_account_is_refused_until_that_one_gives_it_up(
    acme: Client, other: Client, owner: asyncpg.Connection
) -> None:
    [theirs] = await other.linked(1)
    wanted = [pb.Device(phone="+60123456789"), pb.Device(phone=theirs.phone)]
    batch = pb.BatchCreateDevicesRequest(devices=wanted)
    # Whatever state it is in: an account that lost its session for a while has not lost the number.
    for state in ("active", "parked"):
        await owner.execute("UPDATE device SET state = $1 WHERE phone = $2", state, theirs.phone)
        refused = await acme.refused(acme.devices.BatchCreateDevices, batch)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "NUMBER_LINKED_ELSEWHERE",
        )
        assert refused.metadata["field"] == "devices[1].phone"
        told = f"{refused.message} {refused.metadata}"
        assert not re.search(rf"\bother\b|{theirs.phone[1:]}|{theirs.name}", told)
        assert await devices_of(acme) == []
    await owner.execute("UPDATE device SET state = 'active'")

    unlink = pb.UnlinkDeviceRequest(name=theirs.name)
    nobody = await acme.refused(acme.devices.UnlinkDevice, unlink)
    assert nobody.code is grpc.StatusCode.NOT_FOUND
    given_up = await other.call(other.devices.UnlinkDevice, unlink)
    assert (given_up.state, given_up.state_reason) == (pb.Device.STATE_PARKED, "unlinked")
    assert await other.call(other.devices.UnlinkDevice, unlink) == given_up
    made = (await acme.call(acme.devices.BatchCreateDevices, batch)).devices
    assert [one.phone for one in made] == ["+60123456789", theirs.phone]

    # It does not come back by the other door.
    release = pb.ReleaseDeviceRequest(name=theirs.name)
    refused = await other.refused(other.devices.ReleaseDevice, release)
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NUMBER_LINKED_ELSEWHERE")
    assert "acme" not in f"{refused.message} {refused.metadata}"
    assert (await devices_of(other))[0].state == pb.Device.STATE_PARKED
    await acme.call(acme.devices.UnlinkDevice, pb.UnlinkDeviceRequest(name=made[1].name))
    back = await other.call(other.devices.ReleaseDevice, release)
    assert (back.state, back.state_reason) == (pb.Device.STATE_ACTIVE, "")
    events = await owner.fetch("SELECT state, reason FROM event WHERE device_id = $1", int(theirs.name[8:]))
    assert [tuple(event) for event in events] == [("parked", "unlinked"), ("active", None)]


async def test_of_two_accounts_that_link_one_number_at_once_one_has_it(
    acme: Client, other: Client, owner: asyncpg.Connection
) -> None:
    async def link(client: Client, number: int) -> str:
        request = pb.BatchCreateDevicesRequest(devices=[pb.Device(phone=f"+6012345{number:04d}")])
        try:
            await client.call(client.devices.BatchCreateDevices, request)
        except grpc.aio.AioRpcError as error:
            return unpacked(error).reason
        return "linked"

    numbers = range(10)
    told = await asyncio.gather(*(link(client, n) for n in numbers for client in (acme, other)))
    assert {frozenset(told[2 * n : 2 * n + 2]) for n in numbers} == {
        frozenset({"linked", "NUMBER_LINKED_ELSEWHERE"})
    }
    assert await owner.fetchval("SELECT count(*) FROM device WHERE linked") == len(numbers)


async def test_the_host_is_shown_while_its_term_lasts(acme: Client, owner: asyncpg.Connection) -> None:
    [made] = await acme.linked(1)
    await owner.execute(
        "INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)"
        " VALUES (gen_random_uuid(), 'host-1', 's', 1, now() + interval '1 minute')"
    )
    await owner.execute("UPDATE shard_lease SET incarnation = (SELECT incarnation FROM host)")
    get = pb.GetDeviceRequest(name=made.name)
    assert (await acme.call(acme.devices.GetDevice, get)).host == "host-1"
    await owner.execute("UPDATE host SET expires_at = now()")
    assert (await acme.call(acme.devices.GetDevice, get)).host == ""


async def test_pages_hold_the_devices_of_one_account(acme: Client, other: Client) -> None:
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


async def updated(client: Client, device: pb.Device, *paths: str, **request: Any) -> pb.Device:
    wanted = pb.UpdateDeviceRequest(device=device, **request)
    wanted.update_mask.paths.extend(paths)
    return await client.call(client.devices.UpdateDevice, wanted)


async def test_an_update_changes_the_named_fields_alone(acme: Client) -> None:
    [made] = await acme.linked(1, display_name="Front desk", daily_cap=100, warm_up=pb.WarmUp())
    slower = await updated(acme, pb.Device(name=made.name, min_delay=seconds(20), daily_cap=7))
    assert (slower.display_name, slower.daily_cap, slower.cap_today) == ("Front desk", 7, 7)
    assert (slower.min_delay.seconds, slower.max_delay.seconds) == (20, 20)
    assert slower.etag != made.etag
    bare = await updated(acme, pb.Device(name=made.name, daily_cap=9), "warm_up", "display_name", "max_delay")
    assert (bare.display_name, bare.daily_cap, bare.HasField("warm_up")) == ("", 7, False)
    assert bare.max_delay.seconds == 20
    warm = await updated(
        acme, pb.Device(name=made.name, warm_up=pb.WarmUp(first_day_count=3, daily_growth=2))
    )
    assert (warm.warm_up.first_day_count, warm.warm_up.daily_growth, warm.cap_today) == (3, 2, 3)
    whole = await updated(acme, pb.Device(name=made.name, display_name="Back"), "*")
    assert (whole.display_name, whole.min_delay.seconds, whole.max_delay.seconds) == ("Back", 5, 15)
    assert (whole.daily_cap, whole.cap_today, whole.phone) == (0, 0, made.phone)


async def test_an_update_that_is_empty_or_repeated_changes_nothing(acme: Client, gateway: Gateway) -> None:
    [made] = await acme.linked(1)
    assert await updated(acme, pb.Device(name=made.name, min_delay=seconds(5))) == made
    once = "0f8fad5b-d9cb-469f-a165-70867728950e"
    first = await updated(acme, pb.Device(name=made.name, daily_cap=5), request_id=once)
    await updated(acme, pb.Device(name=made.name, daily_cap=6))
    assert await updated(acme, pb.Device(name=made.name, daily_cap=5), request_id=once) == first
    assert (await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=made.name))).daily_cap == 6


async def test_a_bad_update_is_refused_with_its_violations(acme: Client, other: Client) -> None:
    [made] = await acme.linked(1)

    async def refused(device: pb.Device, *paths: str, who: Client = acme):
        request = pb.UpdateDeviceRequest(device=device)
        request.update_mask.paths.extend(paths)
        return await who.refused(who.devices.UpdateDevice, request)

    await updated(acme, pb.Device(name=made.name, daily_cap=5, etag=made.etag))
    stale = await refused(pb.Device(name=made.name, daily_cap=6, etag=made.etag))
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")
    tight = await refused(pb.Device(name=made.name, max_delay=seconds(3)))
    assert set(tight.violations) == {"device.max_delay"}
    wrong = await refused(pb.Device(name="devices/0", daily_cap=-1), "phone")
    assert set(wrong.violations) == {"device.name", "device.daily_cap", "update_mask"}
    for name, who in ((made.name, other), ("devices/999999999999", acme)):
        nobody = await refused(pb.Device(name=name, daily_cap=6), who=who)
        assert (nobody.code, nobody.metadata["field"]) == (grpc.StatusCode.NOT_FOUND, "device.name")


async def test_a_parked_device_is_released_and_a_held_one_is_not(
    acme: Client, owner: asyncpg.Connection
) -> None:
    parked, held, active = await acme.linked(3)
    await owner.execute(
        "UPDATE device SET state = 'parked', state_reason = 'banned', updated_at = 'epoch' WHERE id = $1",
        int(parked.name[8:]),
    )
    await owner.execute(
        "UPDATE device SET state = 'held', state_reason = 'temporary_ban',"
        " held_until = now() + interval '1 hour' WHERE id = $1",
        int(held.name[8:]),
    )

    async def release(device: pb.Device) -> pb.Device:
        return await acme.call(acme.devices.ReleaseDevice, pb.ReleaseDeviceRequest(name=device.name))

    freed = await release(parked)
    assert (freed.state, freed.state_reason, freed.etag) == (pb.Device.STATE_ACTIVE, "", parked.etag)
    assert await release(parked) == freed
    assert await release(active) == active
    events = await owner.fetch("SELECT device_id, state FROM event WHERE type = 'device_changed'")
    assert [tuple(event) for event in events] == [(int(parked.name[8:]), "active")]
    # Dispatch looks for what changed lately.
    assert await owner.fetchval(
        "SELECT updated_at > now() - interval '1 minute' FROM device WHERE id = $1", int(parked.name[8:])
    )
    refused = await acme.refused(acme.devices.ReleaseDevice, pb.ReleaseDeviceRequest(name=held.name))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "DEVICE_HELD")
    assert "temporary_ban" in refused.message


async def test_an_operator_ends_the_hold_of_first_contacts_alone(
    acme: Client, owner: asyncpg.Connection
) -> None:
    [parked] = await acme.linked(1)
    device = int(parked.name[8:])
    await owner.execute(
        "UPDATE device SET state = 'parked', state_reason = 'banned', first_contacts_hold = '1 day',"
        " first_contacts_held_until = now() + interval '1 day'"
    )
    await owner.execute("SELECT ensure_partitions(now() - interval '1 day', now() + interval '1 day')")
    await owner.execute(
        """INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, reason, not_before)
        SELECT account_id, n, id, now() - interval '1 hour',
            CASE n WHEN 1 THEN 'sent' ELSE 'pending' END::message_state,
            CASE n WHEN 2 THEN 'quiet_hours' ELSE 'first_contact' END, now() + interval '1 day'
        FROM device, generate_series(1, 3) n"""
    )
    await owner.execute(
        "UPDATE device_pace SET cursor_at = now(), back_at = now() + interval '1 day',"
        " back_to = now() - interval '2 hours'"
    )
    held = await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=parked.name))
    assert held.HasField("first_contact_hold_end_time")
    release = pb.ReleaseDeviceRequest(name=parked.name, first_contacts=True)
    freed = await acme.call(acme.devices.ReleaseDevice, release)
    assert (freed.state, freed.HasField("first_contact_hold_end_time")) == (pb.Device.STATE_PARKED, False)
    assert await acme.call(acme.devices.ReleaseDevice, release) == freed
    waiting = await owner.fetch("SELECT lead_id FROM message WHERE not_before IS NOT NULL ORDER BY 1")
    assert [row[0] for row in waiting] == [1, 2]
    assert await owner.fetchval("SELECT cursor_at < now() - interval '90 min' FROM device_pace")
    events = await owner.fetch("SELECT device_id, state, reason FROM event WHERE type = 'device_changed'")
    assert [tuple(event) for event in events] == [(device, "parked", None)]


async def test_a_change_forgets_that_it_was_replaced_once(acme: Client, owner: asyncpg.Connection) -> None:
    [made] = await acme.linked(1)
    await owner.execute("UPDATE device SET state_reason = 'replaced', updated_at = 'epoch'")
    # Else the next time would count as the second within ten minutes.
    assert (await updated(acme, pb.Device(name=made.name, daily_cap=5))).state_reason == ""


async def test_states_narrow_a_list(acme: Client, owner: asyncpg.Connection) -> None:
    made = await acme.linked(4)
    await owner.execute("UPDATE device SET state = 'parked' WHERE id % 2 = 0")
    parked = pb.ListDevicesRequest(states=[pb.Device.STATE_PARKED], page_size=1)
    first = await acme.call(acme.devices.ListDevices, parked)
    parked.page_token = first.next_page_token
    rest = await acme.call(acme.devices.ListDevices, parked)
    assert [one.name for one in (*first.devices, *rest.devices)] == [
        one.name for one in made if int(one.name[8:]) % 2 == 0
    ]
    parked.states[0] = pb.Device.STATE_HELD
    assert (await acme.refused(acme.devices.ListDevices, parked)).violations.keys() == {"page_token"}


async def test_what_has_not_arrived(acme: Client, owner: asyncpg.Connection) -> None:
    await acme.linked(3)
    await owner.execute(
        "INSERT INTO device_delivery (device_id, accepted, undelivered, is_poor, counted_at)"
        " SELECT id, 40, 30, true, now() - (id - min(id) OVER ()) * interval '25 h' FROM device"
        " WHERE id < (SELECT max(id) FROM device)"
    )
    listed = (await acme.call(acme.devices.ListDevices, pb.ListDevicesRequest())).devices
    # Of the second nobody has counted for a day, of the third never.
    assert [(one.accepted_count, one.undelivered_count) for one in listed] == [(40, 30), (0, 0), (0, 0)]
    read = await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=listed[0].name))
    assert read == listed[0]


async def test_what_was_sent_today_and_what_waits(acme: Client, owner: asyncpg.Connection) -> None:
    busy, idle = await acme.linked(2, daily_cap=50)
    await acme.planned("cold", steps=3)
    made = await acme.upserted(lead(1, trigger="COLD", device=busy.name, consent=consent()))
    plan = await owner.fetchval("SELECT id FROM sequence")
    person = int(made.leads[0].name.split("/")[1])
    await rows.enrolled(owner, 1, plan, [person], first_in_s=60, apart_s=60)
    await owner.execute("UPDATE message SET state = 'sent' WHERE position = 1")
    await owner.execute(
        "UPDATE device_pace SET sent_on = (now() AT TIME ZONE 'UTC')::date, sent_count = 1,"
        " cursor_at = now() - interval '2 min' WHERE device_id = $1",
        int(busy.name[8:]),
    )
    await owner.execute(
        "UPDATE device_pace SET sent_on = (now() AT TIME ZONE 'UTC')::date - 1, sent_count = 9"
        " WHERE device_id = $1",
        int(idle.name[8:]),
    )
    listed = (await acme.call(acme.devices.ListDevices, pb.ListDevicesRequest())).devices
    assert [(one.sent_today_count, one.cap_today, one.pending_count) for one in listed] == [
        (1, 50, 2), (0, 50, 0),
    ]  # fmt: skip


PROXY = "socks5://shop:open%40sesame@10.0.0.7:1080"


async def rows_of(owner: asyncpg.Connection) -> str:
    """Everything that the database holds, as an export of it would show it."""
    tables = await owner.fetch(
        "SELECT c.oid::regclass::text FROM pg_class c"
        " WHERE c.relnamespace = 'kompang'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    found = [await owner.fetch(f"SELECT t::text FROM {table[0]} t") for table in tables]  # noqa: S608
    return "\n".join(row[0] for rows_ in found for row in rows_)


async def test_a_proxy_is_written_and_never_shown(
    acme: Client, owner: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    request_id = "00000000-0000-4000-8000-000000000007"
    request = pb.BatchCreateDevicesRequest(
        devices=[
            pb.Device(phone="+60123456789", proxy=PROXY, label="Shop", transport="TRANSPORT_NEONIZE"),
            pb.Device(phone="+60123456780"),
        ],
        request_id=request_id,
    )
    [made, plain] = (await acme.call(acme.devices.BatchCreateDevices, request)).devices
    [again, _] = (await acme.call(acme.devices.BatchCreateDevices, request)).devices
    assert (made.has_proxy, made.proxy, made.label, again.has_proxy) == (True, "", "Shop", True)
    assert (made.transport, plain.transport) == (
        pb.Device.TRANSPORT_NEONIZE,
        pb.Device.TRANSPORT_SIMULATED,
    )
    assert (made.link_state, made.jid) == (pb.Device.LINK_STATE_DISCONNECTED, "")
    sealing = proxy_sealing(RootSecret(SECRET.encode()))
    kept = "SELECT proxy FROM device WHERE id = $1"
    assert sealing.unseal(await owner.fetchval(kept, int(made.name[8:])), made.phone) == PROXY
    # What is not named stays; what is named is written, and none ends it.
    renamed = await updated(acme, pb.Device(name=made.name, label="Front desk"))
    assert (renamed.has_proxy, renamed.label) == (True, "Front desk")
    other = await updated(acme, pb.Device(name=made.name, proxy="http://proxy:3128"))
    assert (other.has_proxy, other.proxy, other.etag != renamed.etag) == (True, "", True)
    assert sealing.unseal(await owner.fetchval(kept, int(made.name[8:])), made.phone) == "http://proxy:3128"
    ended = await updated(acme, pb.Device(name=made.name), "proxy")
    assert (ended.has_proxy, await owner.fetchval(kept, int(made.name[8:]))) == (False, None)
    refused = await acme.refused(
        acme.devices.UpdateDevice, pb.UpdateDeviceRequest(device=pb.Device(name=made.name, proxy=f"x{PROXY}"))
    )
    assert [*refused.violations] == ["device.proxy"]
    everywhere = f"{await rows_of(owner)} {refused.message} {refused.violations} {caplog.text}"
    assert not re.search("sesame|10.0.0.7|proxy:3128", everywhere)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"proxy": "ftp://hush:3128"}, "proxy"),
        ({"label": "a\nb"}, "label"),
        ({"label": "a" * 51}, "label"),
        ({"transport": 99}, "transport"),
    ],
)
async def test_what_is_wrong_with_a_link_is_told_by_its_field(
    acme: Client, fields: dict[str, Any], path: str
) -> None:
    request = pb.BatchCreateDevicesRequest(devices=[pb.Device(phone="+60123456789", **fields)])
    refused = await acme.refused(acme.devices.BatchCreateDevices, request)
    assert [*refused.violations] == [f"devices[0].{path}"]
    assert "hush" not in f"{refused.message} {refused.violations}"


async def test_why_a_device_stands_still_and_what_to_do_is_told(
    acme: Client, owner: asyncpg.Connection
) -> None:
    [made] = await acme.linked(1)
    number = int(made.name[8:])

    async def become(state: str, reason: str, ban_reason: str = "", held: str = "") -> Any:
        await owner.execute(
            "UPDATE device SET state = $2, state_reason = $3, ban_reason = $4,"
            " held_until = now() + nullif($5, '')::interval WHERE id = $1",
            number, state, reason, ban_reason, held,
        )  # fmt: skip
        return await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=made.name))

    banned = await become("held", "temporary_ban", "sent_too_many_same_message", "1 hour")
    assert banned.ban_reason == pb.Device.BAN_REASON_SENT_TOO_MANY_SAME_MESSAGE
    assert "the same message too many times" in banned.state_detail
    assert banned.HasField("hold_end_time")
    outdated = await become("held", "client_outdated", held="10 years")
    assert "an operator upgrades the shard hosts" in outdated.state_detail
    assert not outdated.HasField("hold_end_time")
    release = pb.ReleaseDeviceRequest(name=made.name)
    refused = await acme.refused(acme.devices.ReleaseDevice, release)
    assert (refused.reason, "upgrades the shard hosts" in refused.message) == ("DEVICE_HELD", True)
    locked = await become("parked", "locked")
    assert "on the telephone of the number" in locked.state_detail
    await become("parked", "banned", "blocked_by_users")
    back = await acme.call(acme.devices.ReleaseDevice, release)
    assert (back.state_detail, back.ban_reason) == ("", pb.Device.BAN_REASON_UNSPECIFIED)


async def test_a_device_is_connected_while_the_host_that_said_so_has_its_lease(
    acme: Client, owner: asyncpg.Connection
) -> None:
    [made] = await acme.linked(1)
    jid = "601100000000:7@s.whatsapp.net"
    await owner.execute("INSERT INTO device_link VALUES ($1, 3, 'connected', $2)", int(made.name[8:]), jid)

    async def link() -> tuple[int, str]:
        device = await acme.call(acme.devices.GetDevice, pb.GetDeviceRequest(name=made.name))
        [listed] = await devices_of(acme)
        assert listed == device
        return device.link_state, device.jid

    # Nobody has the lease.
    assert await link() == (pb.Device.LINK_STATE_DISCONNECTED, jid)
    incarnation = uuid4()
    await owner.execute(
        "INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)"
        " VALUES ($1, 'h', '', 1, now() + interval '1 hour')",
        incarnation,
    )
    lease = "UPDATE shard_lease SET incarnation = $1, epoch = $2 WHERE shard = $3"
    await owner.execute(lease, incarnation, 3, made.shard)
    assert await link() == (pb.Device.LINK_STATE_CONNECTED, jid)
    await owner.execute(lease, incarnation, 4, made.shard)
    assert await link() == (pb.Device.LINK_STATE_DISCONNECTED, jid)
    await owner.execute("UPDATE device_link SET state = 'unpaired', jid = ''")
    assert await link() == (pb.Device.LINK_STATE_UNPAIRED, "")


async def test_the_event_of_a_ban_says_what_it_is_for(acme: Client, owner: asyncpg.Connection) -> None:
    [made] = await acme.linked(1)
    call = acme.events.WatchEvents(events_pb2.WatchEventsRequest(), metadata=acme.metadata)
    await call.read()
    await owner.execute(
        "INSERT INTO event (account_id, type, device_id, state, reason, ban_reason)"
        " SELECT account_id, 'device_changed', id, 'parked', 'banned', 'blocked_by_users' FROM device"
    )
    await owner.execute(
        "INSERT INTO event (account_id, type, state, reason)"
        " SELECT account_id, 'device_changed', 'held', 'client_outdated' FROM device"
    )
    events: list[Any] = []
    async with asyncio.timeout(patient(10)):
        while len(events) < 2:
            events += (await call.read()).events
    call.cancel()
    [banned, outdated] = events
    assert (banned.device, banned.ban_reason) == (made.name, pb.Device.BAN_REASON_BLOCKED_BY_USERS)
    assert (outdated.device, outdated.device_state, outdated.reason) == (
        "",
        pb.Device.STATE_HELD,
        "client_outdated",
    )


async def test_proxies_are_brought_under_a_new_secret(acme: Client, gateway: Gateway) -> None:
    [made, _lost] = await acme.linked(2, proxy=PROXY)
    now, kept = SECRET.encode(), "SELECT proxy FROM device ORDER BY id LIMIT 1"
    settings = PostgresSettings(postgres_dsn=gateway.database.owner_dsn)
    both, newest = (proxy_sealing(RootSecret(b"n" * 32, *older)) for older in ((now,), ()))
    async with gateway.database.connection() as owner, AdminStore.opened(settings) as admin:
        await owner.execute("UPDATE device SET proxy = 'nobody reads it' WHERE phone <> $1", made.phone)
        with pytest.raises(ValueError, match="not sealed"):
            newest.unseal(await owner.fetchval(kept), made.phone)
        assert await admin.numbers.reseal(both) == 1
        assert newest.unseal(await owner.fetchval(kept), made.phone) == PROXY
        assert await admin.numbers.reseal(newest) == 1
