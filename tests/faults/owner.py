"""Postgres as its owner sees it, also across an outage: one connection, made again when it was lost."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from infra.local.mesh import Mesh
from tests.support.slowness import patient

_SECONDS = patient(10.0)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    # A restored database that is not promoted yet.
    asyncpg.ReadOnlySQLTransactionError,
    # No new session where the server cannot write its own files.
    asyncpg.InternalServerError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)


class Away(Exception):
    """Postgres did not answer; whether it did what was asked is not known."""


class Owner:
    """`fetch` may be called from several places at a time; they take turns."""

    def __init__(self, mesh: Mesh) -> None:
        self._dsn = mesh.owner_dsn
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """The rows. Raises Away."""
        async with self._turn:
            try:
                connection = await self._connected()
                rows: Sequence[asyncpg.Record] = await connection.fetch(sql, *arguments, timeout=_SECONDS)
            except _LOST as error:
                await self.close()
                raise Away(type(error).__name__) from error
            return rows

    async def value(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row. Raises Away."""
        return (await self.fetch(sql, *arguments))[0][0]

    async def connection(self) -> asyncpg.Connection:
        """The connection itself, while nobody else uses it. Raises Away."""
        try:
            return await self._connected()
        except _LOST as error:
            raise Away(type(error).__name__) from error

    async def close(self) -> None:
        """Let the connection go, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            connection = await asyncpg.connect(
                self._dsn, ssl=False, timeout=_SECONDS, server_settings={"search_path": "kompang"}
            )
            try:
                # As every process does: what is written into a restored database must not take forgotten ids.
                await connection.execute("SELECT notice_restore(NULL, false)", timeout=_SECONDS)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
        return self._connection
