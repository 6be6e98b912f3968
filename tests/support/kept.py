"""What runs on a database, kept from test to test: each test finds the database empty."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Generic, Self, TypeVar

from tests.support.database import Database, Databases
from tests.support.emptied import Emptied

T = TypeVar("T")


class Kept(Generic[T]):
    """Opened on a fresh database by the first test, and anew after a test that changed the schema."""

    def __init__(
        self, databases: Databases, opened: Callable[[Database], AbstractAsyncContextManager[T]]
    ) -> None:
        self._databases = databases
        self._opened = opened
        self._stack = AsyncExitStack()
        self._kept: tuple[Emptied, T] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def lent(self) -> T:
        """For one test."""
        if self._kept is not None and not await self._kept[0].empty():
            await self.close()
        if self._kept is None:
            self._kept = await self._open()
        return self._kept[1]

    async def close(self) -> None:
        """Let the next test have a new one; raises what killed this one."""
        self._kept = None
        await self._stack.aclose()

    async def _open(self) -> tuple[Emptied, T]:
        database = await self._stack.enter_async_context(self._databases.fresh())
        emptied = await self._stack.enter_async_context(emptying(database))
        return emptied, await self._stack.enter_async_context(self._opened(database))


class KeptDatabase(Kept[Database]):
    """A database on which nothing goes on running: what a test left there is ended before the next one."""

    def __init__(self, databases: Databases) -> None:
        super().__init__(databases, nullcontext)
        self._uses = 0

    async def lent(self) -> Database:
        if self._kept is not None:
            await self._kept[0].alone()
        self._uses += 1
        return replace(await super().lent(), uses=self._uses)


@asynccontextmanager
async def emptying(database: Database) -> AsyncIterator[Emptied]:
    """Prepared, while nothing else runs on the database."""
    async with database.connection(**Emptied.SETTINGS) as connection:
        emptied = Emptied(connection)
        await emptied.prepare()
        yield emptied
