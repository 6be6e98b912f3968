"""The database of a mesh: created, migrated, and looked into."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from infra.local.servers.postgres import Postgres
from services.schema.migrate import migrate

_QUERY_S = 10.0


async def prepare(postgres: Postgres, name: str, shard_count: int) -> None:
    """Creates the database if there is none, brings it to the newest schema, and lets the processes in.

    Raises:
        services.schema.files.SchemaError: the migrations do not fit this database.

    """
    connection = await asyncpg.connect(postgres.admin_dsn, ssl=False, timeout=_QUERY_S)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            quoted = await connection.fetchval("SELECT quote_ident($1)", name)
            await connection.execute(f"CREATE DATABASE {quoted}")
    finally:
        await connection.close(timeout=_QUERY_S)
    await migrate(postgres.dsn(database=name), shard_count=shard_count)
    await postgres.set_role_passwords()


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the product's search path."""
    connection = await asyncpg.connect(
        dsn,
        ssl=False,
        timeout=_QUERY_S,
        command_timeout=_QUERY_S,
        server_settings={"search_path": "kompang"},
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=_QUERY_S)
