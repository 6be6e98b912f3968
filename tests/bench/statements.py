"""Every statement that the product's roles execute, counted in Postgres's own log.

An exact count: transactions in pg_stat_database would hide statements in one, and this server has no
pg_stat_statements. The benchmark's own statements are the superuser's, and not counted.
"""

import re
from collections import Counter
from pathlib import Path

import asyncpg

from infra.local.servers.stack import LocalStack

_EXECUTED = re.compile(rb"^kompang_\w+ LOG:  (?:execute \S+|statement): *(?:-- )?(.{,60})", re.MULTILINE)

_SETTINGS = {
    "log_statement": "all",
    "log_line_prefix": "%u ",
    # Parameters hold phone numbers.
    "log_parameter_max_length": "0",
}


class StatementCounter:
    """Counts since `restart`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._start = 0

    @classmethod
    async def install(cls, stack: LocalStack) -> "StatementCounter":
        """Makes the server log all statements; before the mesh starts."""
        connection = await asyncpg.connect(stack.postgres.admin_dsn, ssl=False, timeout=10)
        try:
            for name, value in _SETTINGS.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close(timeout=10)
        return cls(stack.postgres.log_path)

    def restart(self) -> None:
        """Counts from here."""
        self._start = self._log.stat().st_size

    def count(self) -> Counter[str]:
        """Statements executed since `restart`, by their first words: why, as `queries.sql` says."""
        with self._log.open("rb") as log:
            log.seek(self._start)
            return Counter(
                match[1].decode(errors="replace").strip() for match in _EXECUTED.finditer(log.read())
            )
