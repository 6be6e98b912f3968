"""`kompang admin keys`: made, listed, rotated, revoked; who was refused; a key in a file."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from kompang.v1 import devices_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.eventually import eventually
from tests.support.shell import Shell

LIST = pb.ListDevicesRequest()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came together is written at once."""
    monkeypatch.setattr("gateway.process._RECORDS_S", 0.05)


async def admin(gateway: Gateway, *args: str) -> list[dict[str, Any]]:
    code, out, err = await Shell(KOMPANG_POSTGRES_DSN=gateway.database.owner_dsn).run(
        "admin", *args, "--output", "json"
    )
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


async def test_a_key_is_listed_with_its_last_use_and_without_its_secret(gateway: Gateway) -> None:
    await gateway.key("acme", ("leads.read",))
    [made] = await admin(gateway, "keys", "create", "acme", "--label", "CRM", "--expires", "90d")
    client = Client(gateway.channel, made["apiKey"])
    await client.call(client.devices.ListDevices, LIST)

    async def used() -> dict[str, Any] | None:
        [listed] = [each for each in await admin(gateway, "keys", "list", "acme") if each["label"]]
        return listed if "lastUseTime" in listed else None

    listed = await eventually(used)
    assert (listed["label"], listed["account"], listed["state"]) == ("CRM", "acme", "active")
    assert listed["expireTime"] == made["expireTime"]
    [_, public_id, secret] = made["apiKey"].split("_", 2)
    assert listed["publicId"] == public_id
    assert secret not in json.dumps(await admin(gateway, "keys", "list", "--all"))
    code, out, _ = await Shell.of_operator(gateway.database.owner_dsn).run("admin", "keys", "list")
    assert code == 0
    assert "leads.read" in out
    assert "CRM" in out


async def test_a_rotated_key_is_good_beside_the_new_one_until_it_expires(gateway: Gateway) -> None:
    first = await gateway.key("acme", ("devices.read",))
    public_id = first.split("_")[1]
    [made] = await admin(gateway, "keys", "rotate", public_id, "--overlap", "1h", "--expires", "never")
    assert made["scopes"] == ["devices.read"]
    assert "expireTime" not in made
    for key in (first, made["apiKey"]):
        client = Client(gateway.channel, key)
        await client.call(client.devices.ListDevices, LIST)
    [again] = await admin(gateway, "keys", "rotate", public_id, "--overlap", "0")
    shell = Shell(KOMPANG_POSTGRES_DSN=gateway.database.owner_dsn)
    code, _, err = await shell.run("admin", "keys", "rotate", public_id)
    assert (code, "no valid key" in err) == (1, True)
    states = {each["publicId"]: each["state"] for each in await admin(gateway, "keys", "list", "--all")}
    assert states[public_id] == "expired"
    assert states[again["apiKey"].split("_")[1]] == "active"


async def test_refused_log_ins_are_seen_with_the_key_that_was_tried(gateway: Gateway) -> None:
    key = await gateway.key("acme")
    public_id = key.split("_")[1]
    await admin(gateway, "keys", "revoke", public_id)
    client = Client(gateway.channel, key)

    async def failures() -> list[dict[str, Any]]:
        # Until the gateway has followed, the key is good.
        with suppress(grpc.aio.AioRpcError):
            await client.call(client.devices.ListDevices, LIST)
        # The gateway is shared: it may write by now what others were refused for before.
        refused: list[dict[str, Any]] = await admin(gateway, "keys", "failures")
        return [each for each in refused if each.get("publicId") == public_id]

    [found] = await eventually(failures, within_s=10)
    assert (found["peer"], found["reason"]) == ("127.0.0.1", "unknown")
    assert found["keyState"] == "revoked"


@pytest.mark.parametrize("given", ["soon", "2020-01-01", "0", "-1d", "99999999999d"])
async def test_an_expiry_that_is_none_is_refused_before_anything_is_asked(given: str) -> None:
    code, _, err = await Shell(KOMPANG_POSTGRES_DSN="postgresql://nobody@127.0.0.1:1/none").run(
        "admin", "keys", "create", "acme", "--expires", given
    )
    assert code == 2
    assert "--expires" in err


async def test_the_command_reads_its_key_from_a_file(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(await gateway.key("acme") + "\n")
    shell = Shell(KOMPANG_GATEWAY_ADDRESS=gateway.address, KOMPANG_API_KEY_FILE=str(path))
    assert (await shell.run("devices", "list"))[0] == 0
    code, _, err = await Shell(
        KOMPANG_GATEWAY_ADDRESS=gateway.address, KOMPANG_API_KEY_FILE=str(tmp_path / "none")
    ).run("devices", "list")
    assert code == 2
    assert "KOMPANG_API_KEY_FILE: names a file that cannot be read" in err
