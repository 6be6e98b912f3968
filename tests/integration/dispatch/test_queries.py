"""Every statement of dispatch parses under its role, and the hot ones never scan a table."""

import json
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

import services.dispatch
from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries
from services.runtime.settings import PostgresSettings
from tests.support.database import Database

FILES = sorted(Path(services.dispatch.__file__).parent.glob("*/queries.sql"))
STATEMENTS = {
    f"{file.parent.name}.{name}": text for file in FILES for name, text in Queries(file).statements.items()
}
HOT = (
    "hand.hand",
    "due.scan",
    "due.advance_cursors",
    "inbound.confirmations",
    "inbound.late_confirmations",
    "outcomes.record_outcomes",
    "receipts.record_receipts",
    "receipts.settle_receipts",
    "receipts.arrivals",
    "receipts.forget_arrivals",
)


@pytest.fixture
async def connection(database: Database):
    opened = await asyncpg.connect(
        database.dsn("dispatch"), ssl=False, server_settings={"search_path": "kompang", **PLANNER}
    )
    yield opened
    await opened.close()


@pytest.mark.parametrize("name", sorted(STATEMENTS))
async def test_statement_prepares_under_the_role(connection, name):
    prepared = await connection.prepare(STATEMENTS[name])
    assert prepared is not None


async def test_the_longest_statement_is_planned_once_a_connection(database, connection):
    """Planning a hand takes longer than deciding it."""
    longest = max(STATEMENTS.values(), key=len)
    prepared = await connection.prepare(longest)
    arguments = [empty(parameter) for parameter in prepared.get_parameters()]
    settings = PostgresSettings(postgres_dsn=database.dsn("dispatch"))
    async with (
        Postgres(settings, application="test", session=PLANNER) as postgres,
        postgres.connection() as pooled,
    ):
        for _ in range(3):
            await pooled.fetch(longest, *arguments)
        kept = await pooled.fetch(
            "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1", longest
        )
    assert [row["generic_plans"] for row in kept] == [3]


def empty(parameter) -> object:
    """An empty array, a time or a number, by the parameter's type."""
    if parameter.name == "timestamptz":
        return datetime.now(UTC)
    return [] if parameter.kind == "array" else 1.0


@pytest.mark.parametrize("name", HOT)
async def test_hot_statement_reads_big_tables_by_index(connection, name):
    prepared = await connection.prepare(STATEMENTS[name])
    arguments = [empty(parameter) for parameter in prepared.get_parameters()]
    rows = await connection.fetch("EXPLAIN (FORMAT JSON, GENERIC_PLAN false) " + STATEMENTS[name], *arguments)
    text = json.dumps(json.loads(rows[0][0]))
    scans = [part for part in text.split('"Node Type": ') if part.startswith('"Seq Scan"')]
    tables = {part.split('"Relation Name": "')[1].split('"')[0] for part in scans}
    big = {
        table
        for table in tables
        if table.startswith(("message", "lead", "enrollment", "device", "host", "inbound"))
    }
    assert not big
