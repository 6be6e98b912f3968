"""A database with work under way, which is restored to an earlier moment."""

import pytest

from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.restore.world import World


@pytest.fixture
async def world(database):
    owner = PostgresSettings(postgres_dsn=database.owner_dsn)
    dispatch = PostgresSettings(postgres_dsn=database.dsn("dispatch"))
    async with (
        database.connection() as connection,
        Postgres(owner, application="test") as as_owner,
        Postgres(dispatch, application="test", session=PLANNER) as as_dispatch,
    ):
        made = World(database, connection, as_owner, as_dispatch)
        await made.make()
        yield made
