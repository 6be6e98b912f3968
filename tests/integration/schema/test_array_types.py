"""Connections know the arrays of Postgres's own types without asking, and ask about all others."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from unittest import mock
from uuid import UUID

import asyncpg
import pytest

from services.runtime import array_types
from services.runtime.far_times import LAST, take_far_times
from tests.support.database import Database

VALUES = {
    "bool": True,
    "bytea": b"\0\xff",
    "int2": -1,
    "int4": 1 << 30,
    "int8": 1 << 60,
    "float8": 0.1,
    "date": date(2026, 2, 28),
    "timestamptz": datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
    "interval": timedelta(days=1, seconds=1),
    "uuid": UUID(int=1),
    "jsonb": '{"a": 1}',
}
ASKS = "_introspect_types"


@pytest.fixture
def asked() -> Iterator[mock.AsyncMock]:
    """What asyncpg asks the server."""
    with mock.patch.object(asyncpg.Connection, ASKS, autospec=True, side_effect=_ask) as asks:
        yield asks


_ask = getattr(asyncpg.Connection, ASKS)


async def test_only_the_first_connection_of_a_process_asks(database: Database, asked: mock.AsyncMock):
    array_types._known.clear()
    for _ in range(2):
        async with database.connection() as connection:
            for name, value in VALUES.items():
                assert await connection.fetchval(f"SELECT $1::{name}[]", [value, None]) == [value, None]
    assert asked.await_count == 1


async def test_a_type_of_the_schema_is_asked_about(database: Database, asked: mock.AsyncMock):
    async with database.connection() as connection:
        states = await connection.fetchval("SELECT $1::message_state[]", ["sent", "failed"])
    assert states == ["sent", "failed"]
    assert asked.await_count >= 1


async def test_the_numbers_are_those_of_arrays(database: Database):
    async with database.connection() as connection:
        found = await connection.fetch(
            "SELECT typelem::regtype::text AS name FROM pg_type WHERE oid = ANY($1) AND typcategory = 'A'",
            array_types.ARRAYS,
        )
    assert len(found) == len(VALUES)


async def test_codecs_that_come_later_hold_for_arrays_too(database: Database):
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT $1::int8[]", [1]) == [1]
        await take_far_times(connection)
        assert await connection.fetchval("SELECT ARRAY['20000-01-01 UTC'::timestamptz]") == [LAST]
