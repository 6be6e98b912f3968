"""Attacks a mesh with a transaction that holds what everybody needs, and whose process has stopped."""

import asyncpg
import pytest

from services.runtime.errors import Aborted
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.test_verdicts import ask, world
from tests.support.eventually import eventually

__all__ = ["world"]

ROLES = ("gateway", "enrollment", "dispatch")
LIMITS = {"lock_timeout": "5s", "idle_in_transaction_session_timeout": "10s", "statement_timeout": "1min"}


async def limits(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn, ssl=False)
    try:
        return {name: await connection.fetchval(f"SHOW {name}") for name in LIMITS}
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_has_limits(database, role):
    assert await limits(database.dsn(role)) == LIMITS


async def test_the_pool_of_a_process_keeps_them(database):
    settings = PostgresSettings(postgres_dsn=database.dsn("dispatch"))
    async with Postgres(settings, application="test") as postgres:
        assert await postgres.fetch_value("SHOW lock_timeout") == "5s"
        assert await postgres.fetch_value("SHOW idle_in_transaction_session_timeout") == "10s"


async def test_migrations_may_take_longer(database):
    assert set((await limits(database.owner_dsn)).values()) == {"0"}


async def test_a_stopped_process_holds_up_nobody_for_longer(hands, world):
    """The process has locked a device's pace and does nothing: the server ends its transaction."""
    connection, store = world
    stuck = await asyncpg.connect(
        hands.database.dsn("dispatch"),
        ssl=False,
        server_settings={"search_path": "kompang", "idle_in_transaction_session_timeout": "300"},
    )
    await stuck.execute("BEGIN")
    await stuck.fetch("SELECT FROM device_pace FOR UPDATE")

    async def is_handed() -> bool:
        return (await ask(connection, store)).verdict == "hand"

    await eventually(is_handed)
    stuck.terminate()


async def test_who_waits_for_a_lock_gives_up_and_may_try_again(hands, world):
    connection, _ = world
    async with connection.transaction():
        await connection.fetch("SELECT FROM device_pace FOR UPDATE")
        settings = PostgresSettings(postgres_dsn=hands.database.dsn("dispatch"))
        async with Postgres(settings, application="test", session={"lock_timeout": "50"}) as postgres:
            with pytest.raises(Aborted):
                await postgres.fetch("SELECT FROM device_pace FOR UPDATE")
