"""Which host has the lease of which shard, read from Postgres."""

import asyncpg

from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_SECONDS = 10.0


async def read_leases(connection: asyncpg.Connection) -> dict[int, str]:
    """The host of each shard with a live lease.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: the server refused or did not answer.

    """
    rows = await connection.fetch(_SQL.leases, timeout=_SECONDS)
    return {row["shard"]: row["host_id"] for row in rows}
