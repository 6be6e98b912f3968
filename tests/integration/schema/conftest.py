"""A database that nobody has migrated."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra.local.servers.stack import LocalStack


@pytest.fixture
async def empty(stack: LocalStack) -> AsyncIterator[str]:
    """The DSN of a database without anything in it."""
    admin = await asyncpg.connect(stack.postgres.admin_dsn, ssl=False, timeout=10)
    await admin.execute("CREATE DATABASE schema_test")
    try:
        yield stack.postgres.dsn(database="schema_test")
    finally:
        await admin.execute("DROP DATABASE schema_test WITH (FORCE)")
        await admin.close()
