"""A mesh to attack: dispatch replicas on a fresh database; a gateway for all tests of a file."""

from collections.abc import AsyncIterator

import pytest

from infra.local.servers.stack import LocalStack
from tests.integration.dispatch.conftest import replica
from tests.integration.gateway.mesh import Client, Gateway, running
from tests.support.database import Database, Databases


@pytest.fixture
async def dispatch(database: Database) -> AsyncIterator[str]:
    """The address of a replica; what kills it is raised at the end of the test."""
    async with replica(database) as address:
        yield address


@pytest.fixture(scope="module")
async def gateway(databases: Databases, stack: LocalStack) -> AsyncIterator[Gateway]:
    """For the tests of a file whose calls are refused, or that leave nothing which another would see."""
    async with databases.fresh() as database, running(database, stack.consul[0].address) as started:
        yield started


@pytest.fixture(scope="module")
async def acme(gateway: Gateway) -> Client:
    """The attacker."""
    return await gateway.client("acme")
