"""A gateway, and two accounts of a test: what `acme` has, `other` must not see."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra.local.servers.stack import LocalStack
from tests.integration.gateway.mesh import Client, Gateway, running
from tests.support.database import Databases
from tests.support.kept import Kept


@pytest.fixture(scope="package")
async def kept_gateway(databases: Databases, stack: LocalStack) -> AsyncIterator[Kept[Gateway]]:
    async with Kept(databases, lambda database: running(database, stack.consul[0].address)) as kept:
        yield kept


@pytest.fixture
async def gateway(kept_gateway: Kept[Gateway]) -> AsyncIterator[Gateway]:
    """The same one for most tests, as accounts share one; its database is empty. What kills it is raised."""
    lent = await kept_gateway.lent()
    yield lent
    if lent.life.is_draining or lent.process.done():
        await kept_gateway.close()


@pytest.fixture
async def owner(gateway: Gateway) -> AsyncIterator[asyncpg.Connection]:
    """The database behind the gateway, as its owner sees it."""
    async with gateway.database.connection() as connection:
        yield connection


@pytest.fixture
async def acme(gateway: Gateway) -> Client:
    return await gateway.client("acme")


@pytest.fixture
async def other(gateway: Gateway) -> Client:
    return await gateway.client("other")
