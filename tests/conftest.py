"""Fixtures for all tests: the real servers, once a session, and a fresh database a test."""

from collections.abc import AsyncIterator

import pytest

from infra.local.servers.stack import LocalStack
from tests.support.database import Database, Databases
from tests.support.quick_disk import quick_disk


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[LocalStack]:
    async with LocalStack(quick_disk(), durable=False) as started:
        yield started


@pytest.fixture(scope="session")
async def databases(stack: LocalStack) -> Databases:
    made = Databases(stack)
    await made.prepare()
    return made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    async with databases.fresh() as fresh:
        yield fresh


@pytest.fixture
def consul_address(stack: LocalStack) -> str:
    return stack.consul[0].address
