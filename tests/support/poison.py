"""Rows that make every statement fail that writes them, as a value out of range would."""

import asyncpg


async def poison(
    connection: asyncpg.Connection, table: str, condition: str, when: str = "INSERT", code: str = "22003"
) -> None:
    """From now on `when` (INSERT, UPDATE, DELETE) of a row of `table` raises where `condition` holds.

    `condition` is SQL over NEW, or OLD of a DELETE; `code` is the SQLSTATE, of a DataError where not given.
    """
    name = f"poison_{table}_{when.lower()}"
    row = "OLD" if when == "DELETE" else "NEW"
    await connection.execute(
        f"CREATE FUNCTION kompang.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION 'poison: +60123456789' USING ERRCODE = '{code}'; END IF;"
        f" RETURN {row}; END $$"
    )
    await connection.execute(
        f"CREATE TRIGGER {name} BEFORE {when} ON kompang.{table}"
        f" FOR EACH ROW EXECUTE FUNCTION kompang.{name}()"
    )
