"""One gateway a test, and two accounts: what `acme` has, `other` must not see."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.integration.gateway.mesh import Client, Gateway, running
from tests.support.database import Database


@pytest.fixture
async def gateway(database: Database, consul_address: str) -> AsyncIterator[Gateway]:
    async with running(database, consul_address) as started:
        yield started


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
