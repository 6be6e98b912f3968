"""Copies of one row, each with one value that no code of this version writes."""

from collections.abc import AsyncIterator

import asyncpg

# By type: what another version, or somebody by hand, may have written.
BAD = {
    "text": ("'moon'", "''"),
    "timestamptz": ("'infinity'", "'4000-01-01 BC'"),
    "date": ("'290000-01-01'",),
    "interval": ("'170000000 y'", "'-170000000 y'", "'9 mons'"),
    "jsonb": ("'null'", "'[7]'", """'{"a": [null], "refused": 5, "created": "x"}'"""),
    "int2": ("-32768",),
    "int4": ("2147483647",),
    "int8": ("9223372036854775807",),
    "float8": ("'NaN'", "'Infinity'", "-1"),
    "bytea": ("''", "decode(repeat('ff', 5000), 'hex')"),
    "message_state": ("'frozen'",),
    "_text": ("ARRAY[NULL, '']::text[]",),
    "jsonpath": ("'$.nothing'",),
}
_COLUMNS = """
SELECT column_name AS name, udt_name AS type, is_nullable = 'NO' AS is_required
FROM information_schema.columns
WHERE table_schema = 'kompang' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_CHECKS = """
SELECT conrelid::regclass::text AS table_name, conname FROM pg_constraint
WHERE connamespace = 'kompang'::regnamespace AND contype = ANY ('{c,f,u}') AND conparentid = 0
    AND coninhcount = 0 ORDER BY contype
"""
_KEYS = """
SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE c.relnamespace = 'kompang'::regnamespace AND indisunique AND NOT indisprimary AND NOT c.relispartition
"""


async def unguard(connection: asyncpg.Connection) -> None:
    """Takes away whatever keeps such values out today."""
    for each in await connection.fetch(_CHECKS):
        await connection.execute(
            f"ALTER TABLE {each['table_name']} DROP CONSTRAINT {each['conname']} CASCADE"
        )
    for each in await connection.fetch(_KEYS):
        await connection.execute(f"DROP INDEX {each['name']} CASCADE")
    # No trigger either.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("ALTER TYPE message_state ADD VALUE IF NOT EXISTS 'frozen'")


async def poisonings(
    connection: asyncpg.Connection, table: str, spared: frozenset[str]
) -> AsyncIterator[tuple[str, str]]:
    """Each column but the spared ones, with each value that is bad in its type, as SQL."""
    for column in await connection.fetch(_COLUMNS, table):
        if column["name"] in spared:
            continue
        for value in BAD.get(column["type"], ()):
            yield column["name"], value
        if column["is_required"]:
            await connection.execute(f'ALTER TABLE {table} ALTER "{column["name"]}" DROP NOT NULL')
        yield column["name"], "NULL"


async def copied(
    connection: asyncpg.Connection, table: str, where: str, replaced: dict[str, str], returning: str = "id"
) -> int:
    """A copy of one row with some columns replaced, by SQL; what `returning` says of it."""
    kept = [row["name"] for row in await connection.fetch(_COLUMNS, table)]
    kept = [name for name in kept if name != "id" or "id" in replaced]
    names = ", ".join(f'"{name}"' for name in kept)
    values = ", ".join(replaced.get(name, f'"{name}"') for name in kept)
    copy = f"SELECT {values} FROM {table} WHERE {where} LIMIT 1"  # noqa: S608 - of a test's own words
    made: int = await connection.fetchval(f"INSERT INTO {table} ({names}) {copy} RETURNING {returning}")
    return made
