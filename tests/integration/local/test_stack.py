"""The three servers: they answer, and they keep what they should through stops and kills."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis.asyncio

from infra.local.errors import MissingBinary, StartFailed
from infra.local.packages.binaries import postgres_programs
from infra.local.processes import process_table
from infra.local.processes.stack_directory import StackDirectory
from infra.local.servers import seed
from infra.local.servers.postgres import Postgres
from infra.local.servers.service import Service
from infra.local.servers.stack import LocalStack
from tests.integration.local.until import until
from tests.support.quick_disk import quick_disk
from tests.support.slowness import patient

# One worker runs all of them, since they share servers.
pytestmark = pytest.mark.xdist_group("local stack")

SECONDS = patient(10.0)


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[LocalStack]:
    """One of their own: these tests kill its servers and count what is in them."""
    async with LocalStack(quick_disk(), durable=False) as running:
        yield running


async def query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn, ssl=False, timeout=patient(SECONDS))
    try:
        return await connection.fetchval(statement, timeout=patient(SECONDS))
    finally:
        await connection.close()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def ask_consul(address: str, path: str, body: str | None = None) -> object:
    def ask() -> object:
        method = "GET" if body is None else "PUT"
        asked = urllib.request.Request(
            f"http://{address}{path}", None if body is None else body.encode(), method=method
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            asked, timeout=patient(SECONDS)
        ) as answer:
            return json.load(answer)

    return await asyncio.to_thread(ask)


async def test_postgres_has_the_configured_settings(stack: LocalStack) -> None:
    dsn = stack.postgres.admin_dsn

    assert await query(dsn, "SHOW server_encoding") == "UTF8"
    assert await query(dsn, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"
    assert await query(dsn, "SHOW listen_addresses") == "127.0.0.1"
    assert await query(dsn, "SELECT current_database()") == "kompang"


async def test_postgres_refuses_a_wrong_password(stack: LocalStack) -> None:
    wrong = stack.postgres.admin_dsn.replace("postgres:", "postgres:no")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(wrong, "SELECT 1")


async def test_a_product_role_logs_in_with_its_password(stack: LocalStack) -> None:
    await query(stack.postgres.admin_dsn, "CREATE ROLE kompang_gateway LOGIN")

    await stack.postgres.set_role_passwords()

    dsn = stack.postgres.dsn("kompang_gateway")
    assert await query(dsn, "SELECT current_user") == "kompang_gateway"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(dsn.replace("kompang_gateway:", "kompang_gateway:no"), "SELECT 1")


async def test_a_second_postgres_has_another_identity_and_another_password(
    stack: LocalStack, parent: Path
) -> None:
    identity = "SELECT system_identifier FROM pg_control_system()"
    second = Postgres(StackDirectory.create(parent), postgres_programs(), durable=False)
    await second.start()
    try:
        assert await query(second.admin_dsn, identity) != await query(stack.postgres.admin_dsn, identity)
        password = urlsplit(stack.postgres.admin_dsn).password or ""
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(
                second.admin_dsn.replace(urlsplit(second.admin_dsn).password or "", password), "SELECT 1"
            )
        await second.stop("immediate")
        await second.start()
        assert await query(second.admin_dsn, "SELECT current_database()") == "kompang"
    finally:
        await second.stop()


async def test_a_postgres_whose_seed_is_gone_makes_a_cluster_of_its_own(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(_seed: seed.Seed, cluster: Path) -> None:
        cluster.mkdir()
        raise FileNotFoundError(cluster)

    monkeypatch.setattr(seed.Seed, "exists", True)
    monkeypatch.setattr(seed.Seed, "copy", copy)
    alone = Postgres(StackDirectory.create(parent), postgres_programs(), durable=False)
    await alone.start()
    try:
        assert await query(alone.admin_dsn, "SELECT current_database()") == "kompang"
    finally:
        await alone.stop()


async def test_the_password_of_the_seed_opens_no_server(stack: LocalStack) -> None:
    kept = [path.read_text() for path in seed.CACHE.glob("*/password")]
    assert kept
    for password in kept:
        dsn = stack.postgres.admin_dsn.replace(urlsplit(stack.postgres.admin_dsn).password or "", password)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(dsn, "SELECT 1")


@pytest.mark.parametrize("end", ["fast", "immediate", "kill"])
async def test_postgres_keeps_data_and_address_through_each_kind_of_end(stack: LocalStack, end: str) -> None:
    dsn = stack.postgres.admin_dsn
    await query(dsn, "CREATE TABLE IF NOT EXISTS kept (number int)")
    before = await query(dsn, "INSERT INTO kept VALUES (7) RETURNING (SELECT count(*) FROM kept)")

    if end == "kill":
        stack.postgres.kill()
    else:
        await stack.postgres.stop("fast" if end == "fast" else "immediate")
    await stack.postgres.start()

    assert isinstance(before, int)
    assert await query(dsn, "SELECT count(*) FROM kept") == before + 1


async def test_a_paused_postgres_answers_after_the_resume(stack: LocalStack) -> None:
    connection = await asyncpg.connect(stack.postgres.admin_dsn, ssl=False, timeout=patient(SECONDS))
    stack.postgres.pause()

    waiting = asyncio.create_task(connection.fetchval("SELECT 1"))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    stack.postgres.resume()

    assert not done
    assert await waiting == 1
    await connection.close()


async def test_redis_is_empty_after_a_kill_and_keeps_its_address(stack: LocalStack) -> None:
    async with redis.asyncio.from_url(stack.redis.url, socket_timeout=patient(SECONDS)) as client:
        assert await client.set("a", "b")
    stack.redis.kill()
    await stack.redis.start()
    async with redis.asyncio.from_url(stack.redis.url, socket_timeout=patient(SECONDS)) as client:
        assert await client.get("a") is None


async def test_redis_refuses_a_client_without_password(stack: LocalStack) -> None:
    without = f"redis://{stack.redis.url.partition('@')[2]}"
    async with redis.asyncio.from_url(without, socket_timeout=patient(SECONDS)) as client:
        with pytest.raises(redis.exceptions.AuthenticationError):
            await client.get("a")


async def test_consul_keeps_keys_through_a_kill(stack: LocalStack) -> None:
    [consul] = stack.consul
    assert await ask_consul(consul.address, "/v1/kv/kept", "x") is True

    consul.kill()
    await consul.start()

    assert await ask_consul(consul.address, "/v1/kv/?keys&consistent") == ["kept"]


async def test_consul_allows_short_sessions(stack: LocalStack) -> None:
    made = await ask_consul(stack.consul[0].address, "/v1/session/create", '{"TTL": "1s"}')

    assert isinstance(made, dict)
    assert made["ID"]


@pytest.fixture
async def cluster() -> AsyncIterator[LocalStack]:
    async with LocalStack(quick_disk(), consul_servers=3, durable=False) as running:
        yield running


async def test_three_consul_servers_survive_the_loss_of_one(cluster: LocalStack) -> None:
    lost, *left = cluster.consul
    peers = await ask_consul(left[0].address, "/v1/status/peers")
    assert isinstance(peers, list)
    assert len(peers) == 3

    lost.kill()
    await until(left[0]._has_ready_leader)
    assert await ask_consul(left[0].address, "/v1/kv/kept", "x") is True
    await lost.start()

    assert await ask_consul(lost.address, "/v1/kv/?keys&consistent") == ["kept"]


async def test_nothing_is_left_after_the_end_of_a_stack(parent: Path) -> None:
    async with LocalStack(parent, durable=False) as running:
        services: list[Service] = [running.postgres, running.redis, *running.consul]
        running.postgres.pause()

    assert [service.name for service in services if process_table.entry(service.process.pid)] == []
    assert names(parent) == []


async def test_a_server_that_ends_shows_its_own_log(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = parent / "broken"
    broken.write_text("#!/bin/sh\necho out of cheese\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("REDIS_BIN", str(broken))

    with pytest.raises(StartFailed, match="redis ended while starting:\nout of cheese"):
        async with LocalStack(parent):
            pass

    assert names(parent) == ["broken"]


async def test_a_missing_program_starts_nothing(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUL_BIN", "/nowhere/consul")

    with pytest.raises(MissingBinary, match="CONSUL_BIN is /nowhere/consul"):
        async with LocalStack(parent):
            pass

    assert names(parent) == []
