"""A database that tests share one after the other is, to each of them, as good as a fresh one."""

import asyncpg
import pytest

from tests.support import rows
from tests.support.database import Database, Databases
from tests.support.kept import Kept, KeptDatabase, emptying

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'kompang'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""

# What the one test left unfinished was rolled back.
_ROLLED_BACK = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"


async def content(connection: asyncpg.Connection) -> dict[str, list[str]]:
    """What every table of the product holds."""
    tables = [row[0] for row in await connection.fetch(TABLES)]
    assert len(tables) > 30
    return {
        table: [row[0] for row in await connection.fetch(f'SELECT each::text FROM "{table}" each ORDER BY 1')]  # noqa: S608
        for table in tables
    }


async def test_what_a_test_wrote_is_gone_and_what_the_migration_wrote_is_back(database: Database) -> None:
    async with database.connection() as connection, emptying(database) as emptied:
        before = await content(connection)
        account = await rows.account(connection)
        [device] = await rows.devices(connection, account, 1)
        leads = await rows.leads(connection, account, [device], 3)
        await rows.enrolled(connection, account, await rows.sequence(connection, account, 2), leads)
        await connection.execute("DELETE FROM shard_lease WHERE shard < 3")
        await connection.execute("UPDATE shard_lease SET epoch = 7 WHERE shard = 5")
        assert await content(connection) != before
        assert await emptied.empty()
        assert await content(connection) == before
        # Ids begin anew.
        assert await rows.account(connection) == account


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE lead ADD COLUMN note text",
        "ALTER TYPE message_state ADD VALUE 'frozen'",
        "CREATE INDEX ON lead (display_name)",
        "ALTER TABLE lead DISABLE TRIGGER ALL",
    ],
)
async def test_a_database_whose_schema_was_changed_is_not_used_again(
    database: Database, statement: str
) -> None:
    async with database.connection() as connection, emptying(database) as emptied:
        assert await emptied.empty()
        await connection.execute(statement)
        assert not await emptied.empty()


async def test_a_database_whose_rows_were_counted_is_not_used_again(database: Database) -> None:
    """Plans would be made for the rows of another test."""
    async with database.connection() as connection, emptying(database) as emptied:
        await rows.account(connection)
        assert await emptied.empty()
        await connection.execute("ANALYZE account")
        assert not await emptied.empty()


async def test_a_database_that_has_grown_is_not_used_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.emptied._GROWTH_BYTES", 1 << 20)
    async with database.connection() as connection, emptying(database) as emptied:
        await connection.execute(
            "INSERT INTO account (slug, display_name) SELECT 'a' || n, repeat('x', 1000)"
            " FROM generate_series(1, 2000) n"
        )
        assert not await emptied.empty()


async def test_what_is_kept_is_the_same_until_the_schema_changes(databases: Databases) -> None:
    async with Kept(databases, lambda database: database.connection()) as kept:
        first = await kept.lent()
        await rows.account(first)
        assert await kept.lent() is first
        assert await first.fetchval("SELECT count(*) FROM account") == 0
        await first.execute("ALTER TABLE lead ADD COLUMN note text")
        second = await kept.lent()
        assert second is not first
        assert first.is_closed()
        assert await second.fetchval("SELECT count(*) FROM lead") == 0


async def test_nothing_that_one_test_left_on_a_kept_database_reaches_the_next(databases: Databases) -> None:
    async with KeptDatabase(databases) as kept:
        first = await kept.lent()
        async with first.connection() as left:
            await left.execute("BEGIN")
            await rows.account(left)
            second = await kept.lent()
            assert left.is_closed()
            assert (second.name, second.prefix) == (first.name, f"{first.name}-2")
        async with second.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM account") == 0
            assert await connection.fetchval(_ROLLED_BACK) == 0
