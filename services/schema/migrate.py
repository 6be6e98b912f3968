"""Brings a database to the newest schema: forward only, each file in a transaction of its own.

Two migrations of one database never run at once: they queue on an advisory lock. One that dies leaves
whole files behind, never half of one, and the next run goes on from there.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from services.runtime.postgres import translated
from services.runtime.queries import Queries
from services.schema.files import Migration, SchemaError, load

_SQL = Queries.beside(__file__)

_CONNECT_S = 10.0
# How long to wait for another migration, or for a table somebody uses: better to fail than to stop the mesh.
_LOCK_TIMEOUT = "60s"


async def migrate(dsn: str, *, shard_count: int = 256) -> list[int]:
    """Applies what is missing; returns the versions applied by this call, none if all were there.

    Also founds the cluster on an empty database: its identity, `shard_count` leases, and the partitions
    of last week to the week after next. Raises `SchemaError` if an applied file was edited since, the
    database is newer than this program, or the cluster has another shard count; `Unavailable` if the
    server cannot be reached; `asyncpg.PostgresError` if a statement fails.
    """
    migrations = load()
    async with _connected(dsn) as connection, _alone(connection):
        await connection.execute(_SQL.create_table)
        missing = await _missing(connection, migrations)
        if len(missing) < len(migrations):
            await _refuse_other_shard_count(connection, shard_count)
        for migration in missing:
            await _apply(connection, migration)
        await _found_cluster(connection, shard_count)
    return [migration.version for migration in missing]


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    async with translated():
        connection = await asyncpg.connect(
            dsn,
            timeout=_CONNECT_S,
            # Whatever the role has for limits: an index on a large table takes long.
            server_settings={
                "application_name": "kompang-schema",
                "lock_timeout": _LOCK_TIMEOUT,
                "statement_timeout": "0",
                "idle_in_transaction_session_timeout": "0",
            },
        )
    try:
        yield connection
    finally:
        await connection.close(timeout=_CONNECT_S)


@asynccontextmanager
async def _alone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    try:
        await connection.execute(_SQL.lock)
    except asyncpg.LockNotAvailableError as error:
        raise SchemaError(
            f"another migration has run for {_LOCK_TIMEOUT}; try again when it is done"
        ) from error
    # The lock ends with the session: an unlock here would hide the error of a broken one.
    yield


async def _missing(connection: asyncpg.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    applied = {row["version"]: row["checksum"] for row in await connection.fetch(_SQL.applied)}
    if len(applied) > len(migrations):
        raise SchemaError(
            f"the database is at version {max(applied)}, this program at {len(migrations)}: use a newer one"
        )
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise SchemaError(f"{migration.path.name} was edited after it was applied here; restore it")
    return [migration for migration in migrations if migration.version not in applied]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        try:
            await connection.execute(migration.sql)
        except asyncpg.RaiseError as error:
            # What the migration itself found in the rows, and what an operator does about it.
            raise SchemaError(f"{migration.path.name}: {error}") from error
        await connection.execute(_SQL.record, migration.version, migration.name, migration.checksum)


async def _refuse_other_shard_count(connection: asyncpg.Connection, shard_count: int) -> None:
    founded = await connection.fetchval(_SQL.shard_count)
    if founded not in (None, shard_count):
        raise SchemaError(
            f"this cluster has {founded} shards for life, {shard_count} were asked for:"
            f" set KOMPANG_SHARD_COUNT={founded}"
        )


async def _found_cluster(connection: asyncpg.Connection, shard_count: int) -> None:
    """Safe to repeat: a run that died before this point is completed by the next."""
    async with connection.transaction():
        await connection.execute(_SQL.found_cluster, shard_count)
        await connection.execute(_SQL.found_leases)
        await connection.execute(_SQL.found_partitions)
