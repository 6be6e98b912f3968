"""`kompang devices` as an operator runs it."""

import json

import pytest

from kompang.v1 import devices_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.shell import Ended, Shell


@pytest.fixture
async def key(gateway: Gateway) -> str:
    return await gateway.key("acme")


@pytest.fixture
async def operator(gateway: Gateway, key: str):
    shell = Shell.of(gateway.address, key)

    async def run(*args: str) -> Ended:
        return await shell.run("devices", *args)

    return run


async def test_devices_from_their_first_day_to_a_ban_and_back(operator, gateway, key) -> None:
    code, out, err = await operator(
        "create", "+601100000001", "+601100000002", "--daily-cap", "50", "--warm-up", "5x2",
        "--min-delay", "10s", "--output", "json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["phone"], first["minDelay"], first["maxDelay"]) == ("+601100000001", "10s", "15s")
    assert (first["warmUp"], first["capToday"]) == ({"firstDayCount": 5, "dailyGrowth": 2.0}, 5)
    code, out, _ = await operator("update", second["name"], "--warm-up", "none", "--name", "Front desk")
    assert code == 0
    assert "  name       Front desk\n" in out
    assert "  warm-up    none\n" in out
    async with gateway.database.connection() as connection:
        await connection.execute(
            "UPDATE device SET state = 'parked', state_reason = 'banned' WHERE id = $1",
            int(first["name"][8:]),
        )
        await connection.execute(
            "UPDATE device SET state = 'held', state_reason = 'temporary_ban',"
            " held_until = '2031-01-02 03:04:05+00' WHERE id = $1",
            int(second["name"][8:]),
        )
    code, out, _ = await operator("list")
    assert code == 0
    assert "parked: banned" in out
    assert "held: temporary_ban until 2031-01-02 03:04:05" in out
    [_, line] = (await operator("list", "--state", "parked"))[1].splitlines()
    assert line.split()[:2] == [first["name"], "+601100000001"]
    assert (await operator("release", first["name"].removeprefix("devices/")))[0] == 0
    _, out, _ = await operator("get", first["name"], "--output", "json")
    assert json.loads(out)["state"] == "STATE_ACTIVE"
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE device SET first_contacts_held_until = '2031-01-02 03:04:05+00'")
    assert "held by the network until 2031-01-02 03:04:05" in (await operator("get", second["name"]))[1]
    # That is no matter of the device's state.
    code, out, _ = await operator("release", second["name"], "--first-contacts")
    assert (code, "held by the network" in out, "held: temporary_ban" in out) == (0, False, True)
    code, out, err = await operator("release", second["name"])
    assert (code, out, err.count("\n")) == (1, "", 1)
    client = Client(gateway.channel, key)
    kept = await client.call(client.devices.GetDevice, pb.GetDeviceRequest(name=second["name"]))
    assert (kept.display_name, kept.daily_cap, kept.min_delay.seconds) == ("Front desk", 50, 10)


@pytest.mark.parametrize(
    ("args", "expected", "told"),
    [
        (("create", "0123456789"), 1, "devices[0].phone: is not in international notation"),
        (("update", "99", "--daily-cap", "5"), 1, "device.name: there is no devices/99"),
        (("update", "1"), 2, "say what to change"),
        (("update", "1", "--min-delay", "soon"), 2, "is no duration"),
        (("update", "1", "--warm-up", "x2"), 2, "20x1.5"),
        (("get", "leads/1"), 2, "is no name"),
        (("update", "1", "--proxy", "-"), 2, "nothing came on standard input"),
        (
            ("create", "+60123456789", "--proxy", "hush:3128"),
            1,
            "devices[0].proxy: begins with neither http://",
        ),
    ],
)
async def test_what_cannot_be_done_is_told(operator, args, expected, told) -> None:
    code, out, err = await operator(*args)
    assert (code, out) == (expected, "")
    assert told in " ".join(err.split()), err


async def test_an_operator_sees_who_has_a_number_and_takes_it_from_who_does_not_answer(
    operator, gateway, key
) -> None:
    other = await gateway.client("other")
    [theirs] = await other.linked(1)
    admin = Shell(KOMPANG_POSTGRES_DSN=gateway.database.owner_dsn)
    number = theirs.name[8:]
    code, out, err = await operator("create", theirs.phone)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "another account" in err
    [found] = (await admin.run("admin", "devices", "find", theirs.phone, "--output", "json")).objects
    assert (found["device"], found["account"], found["linked"]) == (theirs.name, "other", True)
    assert (await admin.run("admin", "devices", "unlink", number, "--yes")).code == 0
    assert (await admin.run("admin", "devices", "unlink", number, "--yes")).code == 1
    assert (await operator("create", theirs.phone)).code == 0
    [made, found] = (await admin.run("admin", "devices", "find", theirs.phone, "--output", "json")).objects
    assert (made["account"], made["linked"], found["reason"]) == ("acme", True, "unlinked")
    _, out, _ = await admin.run("admin", "devices", "find", theirs.phone)
    assert ("has it" in out, "gave it up" in out) == (True, True)
    code, out, _ = await operator("unlink", made["device"])
    assert (code, "parked: unlinked" in out) == (0, True)
    code, _, err = await admin.run("admin", "devices", "find", "0123456789")
    assert (code, "+60123456789" in err) == (2, True)


async def test_the_link_of_a_device_is_shown_and_its_proxy_is_not(operator, gateway) -> None:
    _, out, _ = await operator(
        "create", "+60123456789", "--transport", "neonize", "--label", "Shop",
        "--proxy", "http://shop:sesame@proxy:3128", "--output", "json",
    )  # fmt: skip
    made = json.loads(out)
    assert (made["transport"], made["label"], made["hasProxy"]) == ("TRANSPORT_NEONIZE", "Shop", True)
    async with gateway.database.connection() as connection:
        await connection.execute(
            "UPDATE device SET state = 'parked', state_reason = 'banned', ban_reason = 'blocked_by_users'"
        )
        await connection.execute(
            "INSERT INTO device_link SELECT id, 1, 'connected', '60123456789:7@s.whatsapp.net' FROM device"
        )
    _, shown, _ = await operator("get", made["name"])
    assert "  link       disconnected, neonize as 60123456789:7@s.whatsapp.net, shown as Shop\n" in shown
    assert "  proxy      set; never shown\n" in shown
    assert "  why        the network has banned the number (too many people blocked it): ask for" in shown
    assert "sesame" not in out + shown
    _, ended, _ = await operator("update", made["name"], "--proxy", "none", "--output", "json")
    assert json.loads(ended)["hasProxy"] is False


async def test_an_operator_sees_outdated_clients_and_lets_them_try_again(gateway) -> None:
    admin = Shell.of_operator(gateway.database.owner_dsn)
    _, out, err = await admin.run("admin", "devices", "outdated")
    assert (out, "takes every client" in err) == ("", True)
    async with gateway.database.connection() as connection:
        await connection.execute(
            "INSERT INTO outdated_client (transport, version) VALUES ('neonize', '0.5.2')"
        )
    [found] = (await admin.run("admin", "devices", "outdated", "--output", "json")).objects
    assert (found["transport"], found["version"], found["held"]) == ("neonize", "0.5.2", 0)
    _, out, _ = await admin.run("admin", "devices", "outdated", "--forget")
    assert ("0.5.2" in out, "try again within seconds" in out) == (True, True)
    assert (await admin.run("admin", "devices", "outdated", "--output", "json")).out == ""
