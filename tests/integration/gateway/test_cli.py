"""`kompang admin` as an operator runs it."""

import json
from datetime import time

import grpc

from kompang.v1 import accounts_pb2
from kompang.v1 import devices_pb2 as pb
from services.runtime.channel import connect
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.shell import Ended, Shell

GET_ACCOUNT = accounts_pb2.GetAccountRequest(name="accounts/-")


async def kompang(dsn: str, *args: str) -> Ended:
    return await Shell(KOMPANG_POSTGRES_DSN=dsn).run(*args)


async def test_a_made_key_opens_the_gateway_until_it_is_revoked(gateway: Gateway) -> None:
    dsn = gateway.database.owner_dsn
    code, out, err = await kompang(
        dsn, "admin", "create-account", "acme", "--timezone", "Asia/Kuala_Lumpur", "--output", "json"
    )
    assert (code, err) == (0, "")
    key = json.loads(out)["apiKey"]
    client = Client(gateway.channel, key)
    await client.call(client.devices.ListDevices, pb.ListDevicesRequest())
    async with gateway.database.connection() as connection:
        stored = await connection.fetchrow("SELECT public_id, secret_hash FROM api_key")
        assert await connection.fetchval("SELECT timezone FROM account") == "Asia/Kuala_Lumpur"
        guards = "SELECT quiet_from, quiet_until, person_daily_cap, person_weekly_cap FROM account"
        assert tuple(await connection.fetchrow(guards)) == (time(21), time(9), 2, 7)
    secret = key.split("_", 2)[2].encode()
    assert secret not in stored["secret_hash"]
    assert (await kompang(dsn, "admin", "revoke-key", stored["public_id"]))[0] == 0
    assert (await kompang(dsn, "admin", "revoke-key", stored["public_id"]))[0] == 1
    fresh = Client(connect(gateway.address, traced=False), key)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT revoked_at IS NOT NULL FROM api_key")
    await fresh.channel.close()


async def test_another_key_for_an_account_has_the_scopes_that_are_new(gateway: Gateway) -> None:
    dsn = gateway.database.owner_dsn
    await kompang(dsn, "admin", "create-account", "acme", "--scopes", "leads.read")
    code, out, err = await kompang(dsn, "admin", "create-key", "acme", "--output", "json")
    assert (code, err) == (0, "")
    client = Client(gateway.channel, json.loads(out)["apiKey"])
    assert (await client.call(client.accounts.GetAccount, GET_ACCOUNT)).name == "accounts/acme"
    assert (await kompang(dsn, "admin", "create-key", "nobody"))[0] == 1


async def test_scopes_are_kept(gateway: Gateway) -> None:
    dsn = gateway.database.owner_dsn
    args = ("admin", "create-account", "acme", "--scopes", "devices.read", "--output", "json")
    _, out, _ = await kompang(dsn, *args)
    client = Client(gateway.channel, json.loads(out)["apiKey"])
    refused = await client.refused(client.devices.BatchCreateDevices, pb.BatchCreateDevicesRequest())
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED


async def test_a_bad_value_is_told_with_its_option(gateway: Gateway) -> None:
    for zone, words in (("Mars/Olympus", "is no IANA time zone"), ("Etc/GMT-8", "Etc/GMT-8 is UTC+8")):
        refused = await kompang(
            gateway.database.owner_dsn, "admin", "create-account", "b", "--timezone", zone
        )
        [line] = refused.errors
        assert line.startswith(f"kompang: --timezone: {words}")


async def test_one_readable_line_and_an_exit_code(gateway: Gateway) -> None:
    dsn = gateway.database.owner_dsn
    assert (await kompang(dsn, "admin", "create-account", "acme"))[0] == 0
    for expected, given, args in (
        (1, dsn, ("create-account", "acme")),
        (1, dsn, ("create-account", "b", "--timezone", "Mars/Olympus")),
        (1, gateway.database.dsn("gateway"), ("create-account", "b")),
        (1, dsn.rsplit("/", 1)[0] + "/nowhere", ("create-account", "b")),
        (2, dsn, ("create-account", "Bad Slug")),
        (2, dsn, ("create-account", "b", "--scopes", "everything")),
        (2, dsn, ("create-account",)),
        (3, "postgresql://a:secret@127.0.0.1:1/x", ("create-account", "b")),
    ):
        code, out, err = await kompang(given, "admin", *args)
        assert (code, out) == (expected, ""), (args, err)
        assert "Traceback" not in err
        assert "secret" not in err
        if expected != 2:
            assert len(err.strip().splitlines()) == 1
