"""What dispatch decides by, kept from test to test: a new connection plans the hand for 30 ms of Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from tests.support.database import Database
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
