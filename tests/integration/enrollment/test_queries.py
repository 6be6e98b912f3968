"""The statements themselves: rights, and the plans of the hot ones."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services import enrollment
from services.enrollment.campaigns.store import PLANNER
from services.enrollment.chain import flatten
from services.enrollment.moves import store as moves
from services.enrollment.scan import Scanner
from services.enrollment.store import EnrollmentStore, Listener
from services.runtime.queries import Queries
from tests.integration.enrollment.book import Book
from tests.support import rows
from tests.support.database import Database

SQL = Queries(Path(enrollment.__file__).with_name("queries.sql"))
MOVES = Queries.beside(moves.__file__)
_FOLDER = Path(enrollment.__file__).with_name("campaigns")
# Both in one: no name stands in both.
CAMPAIGNS = {
    **Queries(_FOLDER / "queries.sql").statements,
    **Queries(_FOLDER / "sweeps" / "queries.sql").statements,
}
HOT = ("lead", "enrollment", "message", "suppression", "event")


async def test_every_statement_prepares_under_the_rights_of_its_role(database: Database) -> None:
    connection = await asyncpg.connect(
        database.dsn("kompang_enrollment"), timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        for statement in (
            *SQL.statements.values(),
            *CAMPAIGNS.values(),
            *MOVES.statements.values(),
        ):
            prepared = await connection.prepare(statement)
            # EXPLAIN checks the rights too, which PREPARE leaves to the execution.
            nulls = ", ".join(["NULL"] * len(prepared.get_parameters()))
            await connection.execute(f"PREPARE one AS {statement}")
            plan = await connection.fetch(
                f"EXPLAIN EXECUTE one ({nulls})" if nulls else "EXPLAIN EXECUTE one"
            )
            assert plan, statement
            await connection.execute("DEALLOCATE one")
    finally:
        await connection.close()


async def test_the_role_can_neither_edit_leads_nor_delete_messages(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("kompang_enrollment"), timeout=10)
    try:
        for statement in [
            "UPDATE kompang.lead SET trigger = ''",
            "UPDATE kompang.message SET sent_at = now()",
            "DELETE FROM kompang.message",
            "SELECT * FROM kompang.api_key",
        ]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_hot_statements_never_read_a_whole_table(
    book: Book, scanner: Scanner, store: EnrollmentStore
) -> None:
    head = await book.chain()
    await book.leads(20000, trigger="OTHER")
    await book.leads(5000)
    listener = Listener(book.account_id, head)
    await scanner.scan(listener)
    new = await book.leads(1000)
    await book.suppress(new[:500])
    await book.analyze()
    chain = flatten(head, await store.links(listener))

    await book.connection.execute("SET search_path = kompang")
    ids, steps, offsets = (
        "ARRAY[" + ", ".join(map(str, values)) + "]"
        for values in (new[-50:], chain.step_ids, chain.offsets_s)
    )
    page = (SQL.page, f"{book.account_id}, {head}, 0, 0, 5000")
    enroll = (
        SQL.enroll,
        f"{book.account_id}, {head}, {ids}, array_fill(''::text, ARRAY[50]), {steps}, {offsets}",
    )
    for plans, (statement, arguments) in product(("force_custom_plan", "force_generic_plan"), (page, enroll)):
        await book.connection.execute(f"SET plan_cache_mode = {plans}")
        await book.connection.execute(f"PREPARE hot AS {statement}")
        (plan,) = json.loads(
            await book.connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({arguments})")
        )
        await book.connection.execute("DEALLOCATE hot")
        scans = [node for node in nodes(plan["Plan"]) if node["Node Type"] == "Seq Scan"]
        names = [node["Relation Name"] for node in scans if node["Relation Name"].startswith(HOT)]
        assert names == [], plans
        assert any(node["Node Type"].startswith("Index") for node in nodes(plan["Plan"])), plans


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan and everything below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def test_the_pieces_of_a_campaign_never_read_a_whole_table(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 30)
        leads = await rows.leads(connection, account, devices, 6000)
        await rows.enrolled(connection, account, await rows.sequence(connection, account, 3), leads)
        campaign = await connection.fetchval(
            "INSERT INTO campaign (account_id, state, anchor_at) VALUES ($1, 'launching', now())"
            " RETURNING id",
            account,
        )
        await connection.execute("ANALYZE")
        for name, value in PLANNER.items():
            await connection.execute(f"SET {name} = {value}")
        for name, arguments in {
            "plan": f"{campaign}",
            "write": f"{campaign}, 10, 500, NULL",
            "cancel": f"{campaign}, 500",
            "retry": f"{campaign}, 500, '{{x}}'",
            "finish": "NULL",
        }.items():
            await connection.execute(f"PREPARE hot AS {CAMPAIGNS[name]}")
            call = f"hot ({arguments})" if arguments else "hot"
            (plan,) = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {call}"))
            await connection.execute("DEALLOCATE hot")
            scans = [node["Relation Name"] for node in nodes(plan["Plan"]) if node["Node Type"] == "Seq Scan"]
            assert [scan for scan in scans if scan.startswith(HOT)] == [], name


async def test_the_batches_of_a_move_never_read_a_whole_table(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 30)
        leads = await rows.leads(connection, account, devices, 6000)
        head = await rows.sequence(connection, account, 3)
        await rows.enrolled(connection, account, head, leads)
        await connection.execute("ANALYZE")
        for name, value in PLANNER.items():
            await connection.execute(f"SET {name} = {value}")
        some = f"'{{{','.join(map(str, leads[:50]))}}}'"
        last = ["'{}'"] * 15
        for name, arguments in {
            "page": f"{head}, 0, 0, 1000",
            "lock_leads": some,
            "lock_paces": some,
            "enrollments": f"{some}, {head}",
            "write": ", ".join(last),
        }.items():
            await connection.execute(f"PREPARE hot AS {MOVES.statements[name]}")
            (plan,) = json.loads(
                await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({arguments})")
            )
            await connection.execute("DEALLOCATE hot")
            scans = [node["Relation Name"] for node in nodes(plan["Plan"]) if node["Node Type"] == "Seq Scan"]
            assert [scan for scan in scans if scan.startswith(HOT)] == [], name
