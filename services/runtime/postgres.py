"""The pool of connections to Postgres, and what its absence means to a caller."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from services.runtime.array_types import Connection
from services.runtime.errors import Aborted, ResourceExhausted, Unavailable
from services.runtime.settings import PostgresSettings

log = logging.getLogger(__name__)

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_RACE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)


def is_of_data(error: Exception) -> bool:
    """Whether a statement failed by what a row says, and not by what the statement or the server is."""
    return isinstance(
        error,
        asyncpg.DataError
        | asyncpg.IntegrityConstraintViolationError
        | asyncpg.ProgramLimitExceededError
        | asyncpg.RaiseError,
    )


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns errors that no row is at fault for into ours; errors of what a row says pass (`is_of_data`).

    Raises `Unavailable`, `ResourceExhausted` (disk full) or `Aborted` (deadlock: safe to repeat). A server
    that refuses a statement for what the server is (read-only, not migrated, out of memory, no right) counts
    as away: nothing may be given up for that, because the statement works once an operator mended the server.
    """
    try:
        yield
    except asyncpg.DiskFullError as error:
        raise ResourceExhausted("the database has no room left; free or add disk space") from error
    except _RACE as error:
        raise Aborted("the database stopped this to let another go first; try again") from error
    except asyncpg.InterfaceError as error:
        # A bad DSN, or an argument that its column cannot hold (out of range): waiting mends neither.
        if isinstance(error, ValueError):
            raise
        raise Unavailable("the database is away; it is tried again by itself") from error
    except asyncpg.InternalServerError as error:
        # A session that could not begin: with a full disk the server cannot write its own files.
        if error.severity_en != "FATAL":
            raise
        raise Unavailable("the database takes no sessions; it is tried again by itself") from error
    except _AWAY as error:
        raise Unavailable("the database is away; it is tried again by itself") from error
    except asyncpg.PostgresError as error:
        if is_of_data(error):
            raise
        log.error("the database refused a statement", extra={"db.response.status_code": error.sqlstate})  # noqa: TRY400
        raise Unavailable(
            f"the database refused the statement (SQLSTATE {error.sqlstate}); an operator must look at it"
        ) from error


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Open transactions are rolled back by the pool itself."""


class Postgres:
    """A pool that may be opened while the server is away and mends itself when it is back.

    All methods raise as `translated` says, and `asyncpg.PostgresError` for what a row says (`is_of_data`).
    """

    def __init__(
        self,
        settings: PostgresSettings,
        *,
        application: str,
        session: Mapping[str, str] | None = None,
        on_connect: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
    ) -> None:
        """`session` adds server settings to each connection, e.g. to keep the planner to index scans.

        `on_connect` is awaited for each new connection, before anything else is; what it raises refuses it.
        """
        self._settings = settings
        self._session = {"application_name": application, "search_path": "kompang", "jit": "off"} | dict(
            session or {}
        )
        self._on_connect = on_connect
        self._pool: asyncpg.Pool | None = None

    async def __aenter__(self) -> "Postgres":
        await self._ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.terminate()

    async def _ready(self) -> asyncpg.Pool:
        if self._pool is None:
            settings = self._settings
            async with translated():
                pool = await asyncpg.create_pool(
                    settings.postgres_dsn.get_secret_value(),
                    connection_class=Connection,
                    # Opened lazily, so that a process can start before its database.
                    min_size=0,
                    max_size=settings.postgres_pool_max,
                    command_timeout=settings.postgres_timeout_s,
                    timeout=settings.postgres_timeout_s,
                    max_inactive_connection_lifetime=300,
                    # Any: a long statement is the one that takes longest to plan.
                    max_cacheable_statement_size=0,
                    # Nothing here changes a session, so nothing needs a reset: a round trip saved each time.
                    reset=_nothing_to_reset,
                    init=self._on_connect,
                    server_settings=self._session
                    | {"statement_timeout": str(int(settings.postgres_timeout_s * 1000))},
                )
                if self._pool is None:
                    self._pool = pool
        assert self._pool is not None  # noqa: S101
        return self._pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection, outside any transaction."""
        pool = await self._ready()
        async with translated(), pool.acquire(timeout=self._settings.postgres_timeout_s) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection inside a transaction, committed at the end of the block."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, statement: str, *args: object) -> Sequence[asyncpg.Record]:
        """All rows of one statement."""
        async with self.connection() as connection:
            return await connection.fetch(statement, *args)  # type: ignore[no-any-return]

    async def fetch_row(self, statement: str, *args: object) -> asyncpg.Record | None:
        """The first row, or None."""
        async with self.connection() as connection:
            return await connection.fetchrow(statement, *args)

    async def fetch_value(self, statement: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        async with self.connection() as connection:
            return await connection.fetchval(statement, *args)

    async def execute(self, statement: str, *args: object) -> str:
        """Runs one statement; its command tag, e.g. `UPDATE 3`."""
        async with self.connection() as connection:
            return await connection.execute(statement, *args)  # type: ignore[no-any-return]
