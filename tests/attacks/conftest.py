"""A mesh to attack: dispatch replicas on a fresh database."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.dispatch.conftest import replica
from tests.support.database import Database


@pytest.fixture
async def dispatch(database: Database) -> AsyncIterator[str]:
    """The address of a replica; what kills it is raised at the end of the test."""
    async with replica(database) as address:
        yield address
