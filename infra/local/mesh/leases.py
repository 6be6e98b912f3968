"""Which host has the lease of which shard, read from Postgres."""

from collections import Counter
from collections.abc import Collection

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


async def are_spread(connection: asyncpg.Connection, hosts: Collection[str], shard_count: int) -> bool:
    """Whether these hosts hold every shard, and none more than its share, as placement has it.

    Raises as `read_leases`.
    """
    slices = Counter((await read_leases(connection)).values())
    held = [slices[name] for name in hosts]
    return sum(held) == shard_count and max(held) <= shard_count // max(1, len(hosts)) + 1
