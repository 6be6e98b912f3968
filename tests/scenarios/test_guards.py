"""What is due and held back all the same: nobody is written to at night, nor too often; others are."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.scenarios.integrator import MESSAGES
from tests.scenarios.load import Load, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually

# What was handed before the change may still be under way.
SILENT_S = 2.0
CAP = 3
# Noon in UTC, by the clock of the database; so it is night twelve hours away.
NIGHT_ELSEWHERE = """
UPDATE account SET quiet_from = (now() + interval '11 h')::time, quiet_until = (now() + interval '13 h')::time
"""
# First the paces, as all do that make messages due anew. A hand that is under way with an older view decides
# nothing on a pace that changed; it would defer a message once more, and all that is behind it.
DUE_AGAIN = (
    "SELECT FROM device_pace ORDER BY device_id FOR UPDATE",
    """
    UPDATE device_pace p SET back_at = NULL, back_to = NULL, cursor_at = least(cursor_at,
        (SELECT min(scheduled_at) FROM message m WHERE m.device_id = p.device_id AND m.state = 'pending'))
    """,
    "UPDATE message SET not_before = now() WHERE not_before > now()",
)
WAITING = "SELECT count(*) FROM message WHERE state = 'pending' AND reason = $1 AND not_before > now()"


@asynccontextmanager
async def owned(mesh: Mesh) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        mesh.owner_dsn, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=10)


async def until_waiting(load: Load, connection: asyncpg.Connection, reason: str, leads: int) -> None:
    """Until one message of each of these leads is deferred, and everybody else's went."""

    async def is_so() -> bool:
        return bool(await connection.fetchval(WAITING, reason) >= leads)

    await eventually(is_so, within_s=60, every_s=0.2, what=f"{leads} deferred messages")


async def make_due_again(connection: asyncpg.Connection) -> None:
    """The time comes at which the deferred messages may go."""
    async with connection.transaction():
        for statement in DUE_AGAIN:
            await connection.execute(statement)


async def test_it_is_night_where_some_leads_are(mesh: Mesh) -> None:
    async with loaded(mesh) as load, owned(mesh) as connection:
        asleep = load.leads[::2]
        phones = {lead.phone.removeprefix("+") for lead in asleep}
        await connection.execute(NIGHT_ELSEWHERE)
        await connection.execute(
            "UPDATE lead SET timezone = 'Etc/GMT-12' WHERE id = ANY($1::bigint[])",
            [int(lead.name.split("/")[1]) for lead in asleep],
        )
        told = time.time()
        awake = (len(load.leads) - len(asleep)) * MESSAGES

        async def is_done() -> bool:
            return sum(e.recipient not in phones for e in load.ledger()) == awake

        await eventually(is_done, within_s=60, every_s=0.2, what="everybody awake has heard")
        await until_waiting(load, connection, "quiet_hours", len(asleep))
        assert not [e for e in load.ledger() if e.recipient in phones and e.time > told + SILENT_S]
        # The morning comes.
        await connection.execute("UPDATE account SET quiet_from = NULL, quiet_until = NULL")
        await make_due_again(connection)
        await load.until_sent()
        load.assert_each_sent_once_in_order()
        load.assert_paced()
    await assert_reconciled(mesh)


async def test_nobody_hears_more_often_than_the_cap(mesh: Mesh) -> None:
    async with loaded(mesh) as load, owned(mesh) as connection:
        await connection.execute("UPDATE account SET person_daily_cap = $1", CAP)
        await until_waiting(load, connection, "frequency_cap", len(load.leads))
        heard = Counter(entry.recipient for entry in load.ledger() if not entry.repeat)
        assert [*heard.values()] == [CAP] * len(load.leads)
        await connection.execute("UPDATE account SET person_daily_cap = 0")
        await make_due_again(connection)
        await load.until_sent()
        load.assert_each_sent_once_in_order()
    await assert_reconciled(mesh)
