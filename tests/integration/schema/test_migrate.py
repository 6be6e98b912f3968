"""Migrations against a real server."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from services.runtime.errors import Unavailable
from services.schema import migrate as module
from services.schema.files import SchemaError, load
from services.schema.migrate import migrate
from tests.support.database import Database

NEWEST = [migration.version for migration in load()]


async def value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn, ssl=False, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_an_empty_database_becomes_a_cluster_once(empty: str) -> None:
    assert await migrate(empty, shard_count=32) == NEWEST
    cluster = await value(empty, "SELECT id FROM kompang.cluster")
    assert await migrate(empty, shard_count=32) == []
    assert await value(empty, "SELECT id FROM kompang.cluster") == cluster
    assert await value(empty, "SELECT array_agg(shard ORDER BY shard) FROM kompang.shard_lease") == list(
        range(32)
    )
    count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'kompang.message'::regclass"
    # Last week, this one, and two to come.
    assert await value(empty, count) == 4


async def test_the_shard_count_is_for_life(empty: str) -> None:
    await migrate(empty, shard_count=32)
    with pytest.raises(SchemaError, match="KOMPANG_SHARD_COUNT=32"):
        await migrate(empty, shard_count=64)
    assert await value(empty, "SELECT count(*) FROM kompang.shard_lease") == 32


async def test_two_at_once_apply_each_file_once(empty: str) -> None:
    both = await asyncio.gather(migrate(empty), migrate(empty))
    assert sorted(both, key=len) == [[], NEWEST]


async def test_a_run_that_died_before_the_cluster_was_founded_is_completed(empty: str) -> None:
    await migrate(empty, shard_count=32)
    await value(empty, "TRUNCATE kompang.cluster, kompang.shard_lease")
    assert await migrate(empty, shard_count=32) == []
    assert await value(empty, "SELECT count(*) FROM kompang.shard_lease") == 32


async def test_an_edited_file_and_a_newer_database_are_refused(empty: str) -> None:
    await migrate(empty)
    await value(empty, "UPDATE kompang_schema.migration SET checksum = 'other' WHERE version = 1")
    with pytest.raises(SchemaError, match="edited"):
        await migrate(empty)
    await value(empty, "INSERT INTO kompang_schema.migration VALUES (9999, 'future', '')")
    with pytest.raises(SchemaError, match="newer"):
        await migrate(empty)


async def test_a_failing_file_leaves_nothing_of_itself(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty)
    for migration in load():
        (tmp_path / migration.path.name).write_bytes(migration.path.read_bytes())
    (tmp_path / f"{NEWEST[-1] + 1:04d}_half.sql").write_text("CREATE TABLE kompang.half (); SELECT 1 / 0;")
    monkeypatch.setattr(module, "load", lambda: load(tmp_path))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty)
    assert await value(empty, "SELECT to_regclass('kompang.half')") is None


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await migrate("postgresql://owner@127.0.0.1:9/kompang")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Chatham"])
async def test_partitions_are_weeks_without_gaps_in_any_zone(database: Database, zone: str) -> None:
    async with database.connection() as connection:
        await connection.execute(f"SET timezone = '{zone}'")
        # A year has both changes of the clocks.
        await connection.execute(
            "SELECT ensure_partitions(now() - interval '1 week', now() + interval '1 year')"
        )
        await connection.execute("SET timezone = 'UTC'")
        rows = await connection.fetch(
            "SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class"
            " WHERE relispartition AND relkind = 'r' AND relname LIKE 'message_2%' ORDER BY relname"
        )
        starts = [row["bounds"].split("'")[1] for row in rows]
        ends = [row["bounds"].split("'")[3] for row in rows]
        assert len(rows) >= 53
        assert starts[1:] == ends[:-1]
        assert all(start.endswith("00:00:00+00") for start in starts)


async def test_partitions_are_made_beside_open_transactions(database: Database) -> None:
    async with database.connection() as busy, database.connection() as connection:
        async with busy.transaction():
            await busy.execute("LOCK TABLE message, event IN ROW EXCLUSIVE MODE")
            await connection.execute("SET lock_timeout = '2s'")
            made = await connection.fetchval("SELECT ensure_partitions(now(), now() + interval '10 weeks')")
        # Weeks 3 to 10 of both tables; migrate made the rest.
        assert made == 16
        # And they are whole: identities, checks and indexes are those of the parent.
        await connection.execute(
            "INSERT INTO message (lead_id, scheduled_at, account_id, device_id)"
            " VALUES (1, now() + interval '9 weeks', 1, 1)"
        )
        assert await connection.fetchval("SELECT id FROM message") is not None
        indexes = (
            "SELECT DISTINCT count(i.indexrelid) FROM pg_inherits h"
            " LEFT JOIN pg_index i ON i.indrelid = h.inhrelid"
            " WHERE h.inhparent = $1::text::regclass GROUP BY h.inhrelid"
        )
        assert [row[0] for row in await connection.fetch(indexes, "message")] == [3]
        assert [row[0] for row in await connection.fetch(indexes, "event")] == [2]
