"""Old weeks of messages and events are dropped, and nothing with them that may still be sent."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from gateway.retention.store import Retention
from services.runtime.postgres import Postgres
from tests.integration.gateway.mesh import gateway_settings
from tests.support import rows
from tests.support.database import Database

KEPT = timedelta(weeks=57), timedelta(weeks=12), 5
AGO = "SELECT $1 || to_char(now() - make_interval(weeks => $2), '_IYYY\"w\"IW')"
STEP = "SELECT drop_old(now() - $1::interval, now() - $2::interval, $3)"


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    async with database.connection() as connection:
        account = await rows.account(connection)
        [device] = await rows.devices(connection, account, 1)
        await rows.leads(connection, account, [device], 1)
        await connection.execute(
            "SELECT ensure_partitions(now() - interval '63 weeks', now() - interval '57 weeks'),"
            " ensure_partitions(now() - interval '20 weeks', now())"
        )
        yield connection


async def wrote(owner: asyncpg.Connection, weeks_ago: int, *states: str) -> None:
    for state in states:
        await owner.execute(
            "INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state)"
            " SELECT 1, id, 1, now() - make_interval(weeks => $1), $2::message_state FROM lead",
            weeks_ago, state,
        )  # fmt: skip


async def states(owner: asyncpg.Connection) -> list[str]:
    return [
        row[0] for row in await owner.fetch("SELECT state::text FROM message ORDER BY scheduled_at, state")
    ]


async def test_old_weeks_go_and_what_may_be_sent_stays(
    database: Database, consul_address: str, owner: asyncpg.Connection
) -> None:
    await wrote(owner, 62, *["sent"] * 12, "failed")
    for week, state in ((61, "pending"), (60, "handed"), (59, "unknown")):
        await wrote(owner, week, *["sent", "read", "expired"] * 3, state)
    await wrote(owner, 5, "sent")
    await owner.execute(
        "INSERT INTO event (at, account_id, type)"
        " SELECT now() - make_interval(weeks => week), 1, 'lead_replied'"
        " FROM unnest('{20, 13, 3}'::int[]) week"
    )
    await owner.execute(
        "INSERT INTO audit (account_id, method, at)"
        " SELECT 1, week::text, now() - make_interval(weeks => week) FROM unnest('{58, 2}'::int[]) week"
    )
    settings = gateway_settings(database, consul_address, message_retention=KEPT[0], event_retention=KEPT[1])
    async with Postgres(settings, application="test") as postgres:
        for _ in range(3):
            await Retention(postgres, settings).run_once()
    assert await states(owner) == ["pending", "handed", "unknown", "sent"]
    assert await owner.fetchval("SELECT count(*) FROM event") == 1
    assert await owner.fetchval("SELECT string_agg(method, ',') FROM audit") == "2"
    found = await owner.fetch("SELECT relname FROM pg_class WHERE relname ~ '^(message|event)_2'")
    names = {row[0] for row in found}
    for base, weeks, is_there in (
        ("message", 62, False), ("message", 61, True), ("message", 5, True), ("event", 20, False),
        ("event", 3, True), ("message", -1, True), ("event", -1, True),
    ):  # fmt: skip
        assert (await owner.fetchval(AGO, base, weeks) in names) is is_there, (base, weeks)


async def test_a_message_that_is_to_be_sent_again_at_the_last_moment_stays(owner: asyncpg.Connection) -> None:
    await wrote(owner, 62, "failed", "sent")
    week = await owner.fetchval(AGO, "message", 62)
    while (done := await owner.fetchval(STEP, *KEPT)) != f"detached {week}":
        assert done
    assert await states(owner) == []
    # Whoever had the partition locked before wrote into it.
    await owner.execute(f"UPDATE {week} SET state = 'pending' WHERE state = 'failed'")  # noqa: S608
    while (done := await owner.fetchval(STEP, *KEPT)) and not done.startswith("kept"):
        pass
    assert sorted(await states(owner)) == ["pending", "sent"]
    while await owner.fetchval(STEP, *KEPT):
        pass
    assert await states(owner) == ["pending"]
    await owner.execute("UPDATE message SET state = 'sent'")
    while await owner.fetchval(STEP, *KEPT):
        pass
    assert await states(owner) == []


async def test_a_backup_stops_the_dropping_and_nobody_waits_for_either(
    database: Database, owner: asyncpg.Connection
) -> None:
    await wrote(owner, 62, "sent")
    async with database.connection() as backup, backup.transaction():
        await backup.execute("LOCK TABLE message, event IN ACCESS SHARE MODE")
        assert await owner.fetchval(STEP, *KEPT, timeout=5) is None
        assert await states(owner) == ["sent"]
    assert (await owner.fetchval(STEP, *KEPT)).startswith("detached")


async def test_messages_that_caps_still_count_cannot_be_dropped(owner: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.RaiseError, match="six weeks"):
        await owner.fetchval(STEP, timedelta(weeks=5), timedelta(weeks=12), 5)
