"""What dispatch decides by, kept from test to test: a new connection plans the hand for 30 ms of Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from tests.support.database import Database, Databases
from tests.support.kept import Kept
from tests.support.secret import SECRET


@dataclass(frozen=True)
class Hands:
    """A database, and connections to it as dispatch has them."""

    database: Database
    postgres: Postgres


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Hands]:
    settings = DispatchSettings(secret=SECRET, postgres_dsn=database.dsn("dispatch"))
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        yield Hands(database, postgres)


@pytest.fixture(scope="session")
async def kept_hands(databases: Databases) -> AsyncIterator[Kept[Hands]]:
    async with Kept(databases, opened) as kept:
        yield kept


@pytest.fixture
async def hands(kept_hands: Kept[Hands]) -> Hands:
    """The same ones for most tests; the database is empty."""
    return await kept_hands.lent()
