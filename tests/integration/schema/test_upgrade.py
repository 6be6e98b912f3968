"""A mesh that ran on an older schema goes on with the newest one, with all it had."""

import json
import re
import uuid

import asyncpg
import pytest

from services.dispatch.hand.store import Candidate
from services.dispatch.inbound.store import InboundText
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.runtime.postgres import Postgres
from services.schema import migrate as module
from services.schema.files import SchemaError, load
from services.schema.migrate import migrate
from tests.support import rows
from tests.support.secret import HASHES, SECRET

Row = dict[str, object]

# The schema before the newest ones: what a mesh may have run on.
OLD = 9
MIGRATIONS = load()

_CAMPAIGNS = """
WITH made AS (
    INSERT INTO campaign (account_id, text, state, starts_at, anchor_at)
    SELECT $1, 'Hi', state, now(), now() FROM unnest('{running,launching}'::text[]) state RETURNING id, state
), said AS (
    INSERT INTO sequence_step (campaign_id, revision, position, "offset", text)
    SELECT id, 1, 1, '0 s', 'Hi' FROM made RETURNING id, campaign_id
), planned AS (
    INSERT INTO campaign_device (campaign_id, device_id, lead_count, gap_s, daily_cap, first_room, is_parked)
    SELECT made.id, device.id, 3, 10, 2, 1, false FROM made CROSS JOIN device
)
INSERT INTO message (account_id, lead_id, device_id, campaign_id, step_id, scheduled_at)
SELECT $1, lead.id, lead.device_id, made.id, said.id, now()
FROM made JOIN said ON said.campaign_id = made.id CROSS JOIN lead WHERE made.state = 'running'
"""
_SILENT = """
WITH stopped AS (
    INSERT INTO suppression (account_id, phone_hash, reason)
    SELECT account_id, phone_hash, 'stop_word' FROM lead WHERE id = $1
), told AS (
    INSERT INTO event (account_id, type, lead_id)
    SELECT account_id, 'lead_suppressed', id FROM lead WHERE id = $1
)
UPDATE message SET state = 'suppressed', reason = 'suppressed' WHERE lead_id = $1
"""
_IN_FLIGHT = """
WITH flying AS (
    UPDATE message SET state = 'handed', attempts = 1, epoch = 5, handed_at = now()
    WHERE id = (SELECT min(id) FROM message WHERE lead_id = $1) RETURNING id, device_id, scheduled_at
)
UPDATE device_pace p SET in_flight_id = flying.id, in_flight_at = flying.scheduled_at, last_sent_at = now(),
    sent_on = now()::date, sent_count = 1, first_sent_on = now()::date
FROM flying WHERE p.device_id = flying.device_id
"""
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'kompang'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
_STATES = """
SELECT array_agg(DISTINCT m.state::text ORDER BY m.state::text) AS states
FROM unnest($1::bigint[]) WITH ORDINALITY AS one (lead_id, n) JOIN message m USING (lead_id)
GROUP BY n ORDER BY n
"""
_PLANNED = """
SELECT count(*) FROM campaign_device d JOIN campaign c ON c.id = d.campaign_id
WHERE c.state = 'launching'
    AND campaign_due(c.anchor_at, d.device_id, 5, d.gap_s, d.daily_cap, d.first_room, 'UTC',
        d.opens, d.firsts)
    = campaign_slot(c.anchor_at, d.device_id, 5, d.gap_s, d.daily_cap, d.first_room, 'UTC')
"""


async def everything(connection: asyncpg.Connection) -> dict[str, list[Row]]:
    """Every row of every table."""
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    found = {}
    for table in tables:
        read = f"SELECT to_jsonb(t)::text FROM {table} t"  # noqa: S608 - a name from the catalogue
        found[table] = [json.loads(row[0]) for row in await connection.fetch(read)]
    return found


def told(kept: list[Row], columns: list[Row]) -> list[str]:
    """Rows in an order of their own, by the columns of the first of the others."""
    names = columns[0] if columns else ()
    return sorted(json.dumps({name: row[name] for name in names}) for row in kept)


async def lived_in(connection: asyncpg.Connection) -> list[int]:
    """A mesh at work: leads on their way, one silent, one message in flight, a campaign and a launch."""
    account = await rows.account(connection)
    devices = await rows.devices(connection, account, 2)
    leads = await rows.leads(connection, account, devices, 4)
    sequence = await rows.sequence(connection, account, 3)
    await rows.enrolled(connection, account, sequence, leads, apart_s=3600)
    await connection.execute(_CAMPAIGNS, account)
    await connection.execute(_SILENT, leads[0])
    await connection.execute(_IN_FLIGHT, leads[1])
    host = uuid.uuid4()
    await connection.execute(
        "INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)"
        " VALUES ($1, 'host', 'session', 7, now() + interval '10 min')",
        host,
    )
    await connection.execute("UPDATE shard_lease SET epoch = 5, incarnation = $1", host)
    return leads


async def test_a_mesh_at_work_goes_on_with_all_it_had(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load", lambda: MIGRATIONS[:OLD])
    await migrate(empty, shard_count=16)
    connection = await asyncpg.connect(
        empty, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        leads = await lived_in(connection)
        before = await everything(connection)
        for version in range(OLD + 1, len(MIGRATIONS) + 1):
            monkeypatch.setattr(module, "load", lambda until=version: MIGRATIONS[:until])
            assert await migrate(empty, shard_count=16) == [version]
            assert await migrate(empty, shard_count=16) == []
            after = await everything(connection)
            for table, kept in before.items():
                # Each row as it was, whatever columns there are more.
                assert told(after[table], kept) == told(kept, kept), table
        await went_on(connection, empty, leads)
    finally:
        await connection.close()


async def went_on(connection: asyncpg.Connection, dsn: str, leads: list[int]) -> None:
    """What was planned goes, what is in flight is waited for, and the launch follows the plan it had."""
    settings = DispatchSettings(secret=SECRET, postgres_dsn=dsn)
    async with Postgres(settings, application="test", session=PLANNER) as postgres:
        store = Stores.on(postgres, 20, HASHES)
        assert await verdict(connection, store, leads[3]) == "busy"
        assert await verdict(connection, store, leads[2]) == "hand"
        await rows.stop_confirmation(connection, "Okay")
        [device, phone] = await connection.fetchrow(
            "SELECT device_id, phone FROM lead WHERE id = $1", leads[3]
        )
        await store.inbound.record_inbound(
            [InboundText(device, "in-1", phone.removeprefix("+"), "stop", "stop")]
        )
        assert [answer.device_id for answer in await store.inbound.confirmations(range(16))] == [device]
    states = await connection.fetch(_STATES, leads)
    assert [row["states"] for row in states] == [
        ["suppressed"], ["handed", "pending"], ["handed", "pending"], ["pending", "suppressed"],
    ]  # fmt: skip
    assert await connection.fetchval(_PLANNED) == 2


async def verdict(connection: asyncpg.Connection, store: Stores, lead: int) -> str:
    due = await connection.fetchrow(
        "SELECT * FROM message WHERE lead_id = $1 ORDER BY scheduled_at LIMIT 1", lead
    )
    asked = Candidate(due["device_id"], due["id"], due["scheduled_at"], 7, 0.5, True)
    said = "late"
    while said == "late":  # as a slow machine may be
        [answer] = await store.hand.hand([asked], 0.3)
        said = answer.verdict
    return said


async def test_numbers_that_two_accounts_have_are_an_operators_to_settle(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody guesses whose the number is: the migration says what to do, and goes on when that is done."""
    before = next(n for n, each in enumerate(MIGRATIONS) if each.name == "linked_numbers")
    monkeypatch.setattr(module, "load", lambda: MIGRATIONS[:before])
    await migrate(empty, shard_count=16)
    connection = await asyncpg.connect(
        empty, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        for slug in ("acme", "other"):
            account = await rows.account(connection, slug)
            await rows.devices(connection, account, 1)
        await connection.execute("UPDATE device SET phone = '+60111111111'")
        monkeypatch.setattr(module, "load", lambda: MIGRATIONS)
        with pytest.raises(SchemaError, match=r"device 1 of acme \(active\), device 2 of other") as refused:
            await migrate(empty, shard_count=16)
        assert "+60111111111" not in str(refused.value)
        [remedy] = re.findall(r"UPDATE kompang\.device .*?\(\.\.\.\)", str(refused.value))
        await connection.execute(remedy.replace("...", "2"))
        await migrate(empty, shard_count=16)
        assert [
            tuple(row) for row in await connection.fetch("SELECT state, linked FROM device ORDER BY id")
        ] == [("active", True), ("parked", False)]
    finally:
        await connection.close()
