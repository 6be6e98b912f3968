"""Every statement of the gateway is one that its role may run; the hot ones use their indexes."""

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import gateway
from services.runtime.queries import Queries
from tests.support import rows
from tests.support.database import Database

FILES = sorted(Path(gateway.__file__).parent.rglob("queries.sql"))
STATEMENTS = [
    pytest.param(text, id=f"{path.parent.name}-{name}")
    for path in FILES
    if "admin" not in path.parts
    for name, text in Queries(path).statements.items()
]


def statement(noun: str, name: str) -> str:
    return Queries(Path(gateway.__file__).parent / noun / "queries.sql").statements[name]


async def test_every_statement_is_allowed(database: Database) -> None:
    connection = await asyncpg.connect(
        database.dsn("gateway"), ssl=False, server_settings={"search_path": "kompang"}
    )
    refused = []
    for param in STATEMENTS:
        text = str(param.values[0])
        prepared = await connection.prepare(text)
        nothing = [None for _ in prepared.get_parameters()]
        transaction = connection.transaction()
        await transaction.start()
        try:
            # EXPLAIN checks the rights, as PREPARE does not; it runs nothing.
            await connection.fetch("EXPLAIN " + text, *nothing)
        except asyncpg.InsufficientPrivilegeError as error:
            refused.append(f"{param.id}: {error}")
        finally:
            await transaction.rollback()
    await connection.close()
    assert not refused
    assert len(STATEMENTS) > 30


async def test_hot_statements_scan_no_table(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 20)
        sequence = await rows.sequence(connection, account, 5)
        leads = await rows.leads(connection, account, devices, 3000, "COLD")
        messages = await rows.enrolled(connection, account, sequence, leads)
        await connection.execute("ANALYZE")
        # Empty partitions are scanned gladly; what is still scanned then has no index to use.
        await connection.execute("SET enable_seqscan = off")
        some = leads[1000:1050]
        none: list[str] = []
        epoch = await connection.fetchval("SELECT 'epoch'::timestamptz")
        walked = await connection.fetch(
            "SELECT id, created_at FROM enrollment WHERE lead_id = ANY ($1)", some
        )
        hot: dict[str, tuple[Any, ...]] = {
            "message get": (statement("messages", "get"), account, messages[500]),
            "messages written": (statement("messages", "written"), account, messages[500:503], None, None),
            "audience": (statement("previews", "audience"), account, ["COLD"]),
            "names of the audience": (statement("previews", "audience_names"), account, ["COLD"], 5000),
            "everybody": (statement("previews", "everybody"), account),
            "messages of lead": (
                statement("messages", "list_of_lead"), account, leads[7], epoch, 0, 0, none, 51, 0
            ),
            "messages of campaign": (
                statement("messages", "list_of_campaign"), account, 1, 0, none, 2000, 51
            ),
            "messages of enrollments": (
                statement("messages", "list_of_enrollments"),
                [row["id"] for row in walked], some, [row["created_at"] for row in walked],
                0, epoch, 0, sequence, none, 51, account,
            ),
            "leads by number": (
                statement("leads/bulk", "compare"), account, None, ["+60120000007"],
                [""], [""], [None], ["{}"],
                [""], [""], ["form"], [""], [epoch], [False], [True],
            ),
            "leads locked": (statement("leads/bulk", "lock"), some, account),
            "lead": (statement("leads", "read_many"), account, [leads[7]]),
            "enrolled": (statement("leads/bulk", "enrolled"), some, account),
            "suppress": (statement("leads", "suppress"), account, b"x", [leads[7]], "reply"),
            "people who said no": (statement("leads/wishes", "refuse"), account, ["+60120000007"], ["list"]),
            "suppress many": (
                statement("leads/wishes", "suppress_many"), account, ["+60120000007"], [b"x"], ["list"], 1
            ),
            "foresee": (
                statement("imports/running", "foresee"), account, ["+60120000007"], [b"x"], [1]
            ),
            "due": (statement("overview", "due"), account, 10),
            "unknown": (statement("overview", "unknown"), messages[:5], account),
            "events of a day": (
                statement("overview", "piece"), account, "0", 0, 1000, epoch, epoch, 10, "9", 0
            ),
            "a place in the events": (statement("overview", "probe"), account, "5", epoch),
            "device": (statement("devices", "read_many"), account, [devices[0]]),
            "devices": (statement("devices", "list"), account, 0, 51, none),
        }  # fmt: skip
        big = {"message", "lead", "enrollment", "consent", "event"}
        for name, (text, *args) in hot.items():
            scanned = {plan for plan in await _scans(connection, text, args) if plan.split("_2")[0] in big}
            assert not scanned, f"{name} scans {scanned}"


async def _scans(connection: asyncpg.Connection, text: str, args: list[Any]) -> set[str]:
    [row] = await connection.fetch("EXPLAIN (FORMAT JSON) " + text, *args)
    found: set[str] = set()

    def walk(plan: dict[str, Any]) -> None:
        if plan["Node Type"] == "Seq Scan":
            found.add(str(plan["Relation Name"]))
        for child in plan.get("Plans", ()):
            walk(child)

    walk(json.loads(row[0])[0]["Plan"])
    return found
