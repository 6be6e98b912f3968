"""Which side of a lock a test stands on."""

import asyncpg

# In a transaction Postgres shows the sessions that were there when it was first asked.
_LOOK_ANEW = "SELECT pg_stat_clear_snapshot()"


async def is_waited_for(connection: asyncpg.Connection) -> bool:
    """Whether a statement of another session waits for a lock that this connection holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    await connection.execute(_LOOK_ANEW)
    return bool(await connection.fetchval(waiting))


async def somebody_waits(connection: asyncpg.Connection) -> bool:
    """Whether any statement of this database waits for a lock, whoever holds it."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    await connection.execute(_LOOK_ANEW)
    return bool(await connection.fetchval(waiting))
