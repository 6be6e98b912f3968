"""A database that is emptied between tests, so that what runs on it can go on running.

A gateway that starts on a fresh database takes 150 ms of CPU before it answers the first call: the database
is copied, each connection reads the catalog, and each statement is planned for the first time. Emptying takes
a few milliseconds.

    authority   the database itself: an event trigger writes down each statement that changes the schema
    trusted     a database of the same schema, with the rows of the migration, is as good as a fresh one; only
                the ids of keys go on, since a gateway remembers when it wrote down the use of one
    on failure  a database whose schema was changed, whose rows were counted for the planner, or whose files
                have grown, is not used again
"""

from pathlib import Path
from typing import ClassVar

import asyncpg

_PREPARE = Path(__file__).with_suffix(".sql")
# Deleted rows stay in the files, and a scan passes all of them.
_GROWTH_BYTES = 16 << 20
# The tables that ANALYZE or VACUUM has looked at.
_ANALYZED = """
SELECT count(*) FROM pg_class
WHERE relnamespace = 'kompang'::regnamespace AND relkind IN ('r', 'p') AND reltuples >= 0
"""


class Emptied:
    """Empties one database, over a connection of its own that only this class uses."""

    # Neither the product's triggers nor its foreign keys look at what is deleted.
    SETTINGS: ClassVar = {"session_replication_role": "replica"}

    def __init__(self, connection: asyncpg.Connection) -> None:
        """`connection` is the owner's, with `SETTINGS`."""
        self._connection = connection

    async def prepare(self) -> None:
        """Remember the rows of the migration, and watch the schema from now on."""
        await self._connection.execute(_PREPARE.read_text())
        self._analyzed = await self._connection.fetchval(_ANALYZED)
        self._most_bytes = _GROWTH_BYTES + await self._bytes()

    async def empty(self) -> bool:
        """Whether the database is as good as a fresh one again."""
        if await self._connection.fetchval("SELECT EXISTS (SELECT FROM emptied.change)"):
            return False
        if await self._connection.fetchval(_ANALYZED) != self._analyzed:
            return False
        if await self._bytes() > self._most_bytes:
            return False
        await self._connection.execute("SELECT emptied.empty()")
        return True

    async def alone(self) -> None:
        """End every other session: a process that was killed may have left one that writes still.

        And forget what the server counted of the database, deadlocks among it.
        """
        await self._connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await self._connection.execute("SELECT pg_stat_reset()")

    async def _bytes(self) -> int:
        size: int = await self._connection.fetchval("SELECT pg_database_size(current_database())")
        return size
