"""A fresh, migrated database for each test, cloned from a template."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import asyncpg

from infra.local.servers.stack import LocalStack
from services.runtime.array_types import Connection
from services.schema.migrate import migrate

SHARDS = 16

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of the stack's server."""

    stack: LocalStack
    name: str
    # How many had it before; see `tests.support.kept`.
    uses: int = 0

    @property
    def prefix(self) -> str:
        """What its processes keep in Redis and Consul is under it: nothing that an earlier test left."""
        return f"{self.name}-{self.uses}" if self.uses else self.name

    @property
    def owner_dsn(self) -> str:
        return self.stack.postgres.dsn(database=self.name)

    def dsn(self, role: str) -> str:
        """`role` without its prefix or with it: `gateway`, `kompang_gateway`."""
        full = role if role.startswith("kompang_") else f"kompang_{role}"
        return self.stack.postgres.dsn(full, self.name)

    @asynccontextmanager
    async def connection(self, **settings: str) -> AsyncIterator[asyncpg.Connection]:
        """The owner's connection, with the product's search path."""
        connection = await asyncpg.connect(
            self.owner_dsn,
            ssl=False,
            timeout=10,
            server_settings={"search_path": "kompang"} | settings,
            connection_class=Connection,
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=10)


class Databases:
    """Makes databases from one template and drops them, inside `async with`."""

    def __init__(self, stack: LocalStack, shard_count: int = SHARDS) -> None:
        self.stack = stack
        self._shard_count = shard_count
        self._template = f"template_{shard_count}"
        self._admin: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Makes and migrates the template."""
        await self._execute(f"CREATE DATABASE {self._template}")
        await migrate(self.stack.postgres.dsn(database=self._template), shard_count=self._shard_count)
        await self.stack.postgres.set_role_passwords()
        # The first session writes down what every session reads of the catalog, and each copy has it then.
        async with Database(self.stack, self._template).connection() as connection:
            await connection.fetchval("SELECT 1")
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._admin is not None:
            await self._admin.close(timeout=10)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Database]:
        """A database that is gone at the end."""
        name = f"test_{next(_numbers)}"
        # Copying the files takes a fifth less CPU than writing a log of their pages.
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        try:
            yield Database(self.stack, name)
        finally:
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        async with self._one_at_a_time:
            # A test may have killed the server since.
            if self._admin is None or self._admin.is_closed():
                self._admin = await asyncpg.connect(self.stack.postgres.admin_dsn, ssl=False, timeout=10)
            await self._admin.execute(statement)
