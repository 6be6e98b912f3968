"""What the gateway explains is what the hand decides: random states, the two asked in turn.

Times are kept minutes from any edge, so that what passes between the two questions decides nothing.
"""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from gateway.explain.guard import BLOCKS, UNKNOWN
from gateway.explain.guards import guards
from gateway.explain.store import ExplainStore
from kompang.v1.explain_pb2 import Guard
from services.dispatch.hand.store import Candidate
from services.dispatch.stores import Stores
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.test_verdicts import LEAD_S, STREAM, world
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.hands import Hands, opened

__all__ = ["world"]

ROUNDS = 200

# The guards that may be behind each verdict.
BEHIND = {
    "lease": {"HOST"},
    "lapsed": {"HOST"},
    "restored": {"RESTORE"},
    "withheld": {"RESTORE"},
    "busy": {"IN_FLIGHT"},
    "gone": {"STATE"},
    "overtaken": {"ORDER"},
    "behind": {"ORDER"},
    "deferred": {"ORDER"},
    "suppressed": {"SUPPRESSION"},
    "cancelled": {"ENROLLMENT", "CAMPAIGN", "SUPPRESSION"},
    "paused": {"CAMPAIGN"},
    "parked": {"DEVICE"},
    "held": {"DEVICE"},
    "early": {"DUE"},
    "waiting": {"DEFERRAL", "DUE"},
    # A late confirmation of a stop word is explained with the stop.
    "expired": {"LATENESS", "SUPPRESSION"},
    "new_chat": {"FIRST_CONTACT"},
    "capped": {"DEVICE_CAP"},
    "quiet": {"QUIET_HOURS"},
    "frequent": {"FREQUENCY_CAP"},
    "paced": {"PACING"},
}

# The confirmation of a stop word: one that holds, and one that is too late.
CONFIRMATION = """WITH confirmation AS (
        UPDATE message m SET is_confirmation = true, enrollment_id = NULL, campaign_id = NULL,
            scheduled_at = scheduled_at - interval '0 min'
        FROM lead l WHERE m.id = $1 AND l.id = m.lead_id
        RETURNING m.account_id, l.phone_hash, m.scheduled_at AS due
    )
    INSERT INTO suppression SELECT account_id, phone_hash, 'stop_word', due FROM confirmation
    ON CONFLICT DO NOTHING"""
LATE_CONFIRMATION = CONFIRMATION.replace("0 min", "60 min")
# The guard that tells how long these wait.
TIMED = {
    "held": "DEVICE",
    "early": "DUE",
    "waiting": "DEFERRAL",
    "new_chat": "FIRST_CONTACT",
    "capped": "DEVICE_CAP",
    "quiet": "QUIET_HOURS",
    "frequent": "FREQUENCY_CAP",
}

# What may be so, each drawn by itself; $1 is the message.
STATES = (
    "UPDATE message SET state = 'sent', sent_at = now() WHERE id = $1",
    "UPDATE shard_lease SET incarnation = NULL WHERE $1::bigint > 0",
    "UPDATE host SET expires_at = now() - interval '1 h' WHERE $1::bigint > 0",
    """UPDATE device_pace SET in_flight_id = (SELECT max(id) FROM message), in_flight_at = now()
        WHERE $1::bigint > 0""",
    """UPDATE message o SET lead_id = m.lead_id, enrollment_id = m.enrollment_id, position = 0
        FROM message m WHERE m.id = $1 AND o.id = (SELECT max(id) FROM message WHERE state = 'pending')""",
    """UPDATE message o SET lead_id = m.lead_id, enrollment_id = m.enrollment_id, position = 9, attempts = 1
        FROM message m WHERE m.id = $1 AND o.id = (SELECT max(id) FROM message WHERE state = 'pending')""",
    """UPDATE message o SET lead_id = m.lead_id, enrollment_id = m.enrollment_id, position = 0,
            not_before = now() + interval '1 h'
        FROM message m WHERE m.id = $1 AND o.id = (SELECT max(id) FROM message WHERE state = 'pending')""",
    "UPDATE message SET attempts = 1 WHERE id = $1",
    """INSERT INTO suppression SELECT account_id, phone_hash FROM lead WHERE $1::bigint > 0
        ON CONFLICT DO NOTHING""",
    CONFIRMATION,
    LATE_CONFIRMATION,
    "UPDATE message SET is_confirmation = true, enrollment_id = NULL, campaign_id = NULL WHERE id = $1",
    "UPDATE enrollment SET state = 'stopped' WHERE $1::bigint > 0",
    "UPDATE campaign SET state = 'paused' WHERE $1::bigint > 0",
    "UPDATE campaign SET state = 'cancelled' WHERE $1::bigint > 0",
    "UPDATE device SET state = 'parked', held_until = NULL WHERE $1::bigint > 0",
    "UPDATE device SET state = 'held', held_until = now() + interval '1 h' WHERE $1::bigint > 0",
    "UPDATE message SET not_before = now() + interval '1 h' WHERE id = $1",
    "UPDATE message SET not_before = now() - interval '1 h' WHERE id = $1",
    "UPDATE device SET daily_cap = 3 WHERE $1::bigint > 0",
    """WITH capped AS (UPDATE device SET daily_cap = 3)
        UPDATE device_pace SET sent_on = current_date, sent_count = 3 WHERE $1::bigint > 0""",
    "UPDATE device SET warmup_start = 2, warmup_growth = 2 WHERE $1::bigint > 0",
    """UPDATE device_pace SET sent_on = current_date, sent_count = 3, first_sent_on = current_date
        WHERE $1::bigint > 0""",
    "UPDATE device_pace SET first_sent_on = current_date - 1 WHERE $1::bigint > 0",
    "UPDATE device SET first_contact_cap = 2 WHERE $1::bigint > 0",
    """WITH used AS (UPDATE device SET first_contact_cap = 2)
        UPDATE device_pace SET first_contacts_on = current_date, first_contact_count = 2
        WHERE $1::bigint > 0""",
    "UPDATE device_pace SET first_contact_slot = now() + interval '3 days' WHERE $1::bigint > 0",
    "UPDATE device SET first_contacts_held_until = now() + interval '2 h' WHERE $1::bigint > 0",
    "INSERT INTO chat SELECT lead_id, device_id FROM message WHERE id = $1 ON CONFLICT DO NOTHING",
    """UPDATE account
        SET quiet_from = now()::time - interval '1 h', quiet_until = now()::time + interval '1 h'
        WHERE $1::bigint > 0""",
    "UPDATE account SET quiet_days = ARRAY[current_date] WHERE $1::bigint > 0",
    """UPDATE account SET quiet_weekdays = 1 << extract(isodow FROM current_date)::int - 1
        WHERE $1::bigint > 0""",
    "UPDATE lead SET timezone = 'Asia/Kuala_Lumpur' WHERE $1::bigint > 0",
    """WITH capped AS (UPDATE account SET person_daily_cap = 1, person_weekly_cap = 4)
        INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, attempts, sent_at)
        SELECT account_id, lead_id, device_id, now() - interval '3 h', 'sent', 1, now() - interval '3 h'
        FROM message WHERE id = $1""",
    "UPDATE campaign SET state = 'launching' WHERE $1::bigint > 0",
    "UPDATE campaign SET on_late = 'drop', late_after = '40 min' WHERE $1::bigint > 0",
    "UPDATE campaign SET on_late = 'drop', late_after = '80 min' WHERE $1::bigint > 0",
    "UPDATE campaign SET on_late = 'shift', shift = '30 min' WHERE $1::bigint > 0",
    "UPDATE campaign SET on_late = 'shift', shift = '90 min' WHERE $1::bigint > 0",
    """UPDATE campaign SET running_since = now(), min_delay = '8 min', max_delay = '9 min'
        WHERE $1::bigint > 0""",
    "UPDATE campaign SET running_since = now() - interval '20 min' WHERE $1::bigint > 0",
    "UPDATE shard_lease SET granted_at = now() + interval '5 min' WHERE $1::bigint > 0",
    "UPDATE host SET back_at = now() + interval '5 min' WHERE $1::bigint > 0",
    "UPDATE device_pace SET last_sent_at = now() - interval '5 min' WHERE $1::bigint > 0",
    "UPDATE device_pace SET last_sent_at = now() + interval '5 min' WHERE $1::bigint > 0",
)
ALWAYS = """WITH made AS (
        INSERT INTO campaign (account_id, state) SELECT id, 'running' FROM account RETURNING id
    )
    UPDATE message SET campaign_id = made.id, scheduled_at = scheduled_at - interval '30 min' FROM made"""


@pytest.fixture
async def hands(database: Database) -> AsyncIterator[Hands]:
    """On a fresh database: each test writes every row anew some hundred times, and a kept one grows."""
    async with opened(database) as made:
        yield made


async def decided(connection: asyncpg.Connection, store: Stores, message: int):
    row = await connection.fetchrow("SELECT * FROM message WHERE id = $1", message)
    candidate = Candidate(row["device_id"], row["id"], row["scheduled_at"], STREAM, 0.5, repeatable=True)

    async def on_time():
        # Half a second old, as on a busy machine, the statement decides nothing.
        [verdict] = await store.hand.hand([candidate], LEAD_S)
        return verdict if verdict.verdict != "late" else None

    return await eventually(on_time, what="a verdict that is not late")


def names(found, verdict) -> set[str]:
    return {Guard.Type.Name(g.type).removeprefix("TYPE_") for g in found if g.verdict == verdict}


@pytest.mark.parametrize("seed", range(4))
async def test_the_explanation_is_what_the_hand_decides(hands, world, seed):
    connection, store = world
    dice = random.Random(seed)
    tables = (
        "message",
        "suppression",
        "account",
        "device",
        "device_pace",
        "lead",
        "enrollment",
        "campaign",
        "chat",
    )
    settings = PostgresSettings(postgres_dsn=hands.database.dsn("gateway"))
    await connection.execute(ALWAYS)
    incarnation = await connection.fetchval("SELECT incarnation FROM host")
    for table in tables:
        await connection.execute(f"CREATE TEMPORARY TABLE kept_{table} AS TABLE {table}")
    message, account = await connection.fetchval("SELECT min(id) FROM message"), 1
    seen: set[str] = set()
    async with Postgres(settings, application="test") as postgres:
        explained = ExplainStore(postgres)
        for _ in range(ROUNDS):
            drawn = dice.sample(STATES, dice.choice((0, 1, 1, 2, 3, 5)))
            for change in drawn:
                await connection.execute(change, message)
            facts = await explained.facts(account, message)
            assert facts is not None
            found = guards(facts)
            verdict = await decided(connection, store, message)
            blocking = names(found, BLOCKS)
            seen.add(verdict.verdict)
            told = (verdict.verdict, blocking, drawn)
            if verdict.verdict == "hand":
                assert not blocking, told
            elif "STATE" in blocking:  # nothing else is told of it
                assert verdict.verdict in ("gone", "busy", "lease", "lapsed"), told
            elif verdict.verdict == "paced":
                # Where in the gap it goes is drawn: the explanation may not know.
                assert "PACING" in blocking | names(found, UNKNOWN), told
            else:
                assert blocking & BEHIND[verdict.verdict], told
            # What is found before its campaign moved it waits without a time.
            is_moved = verdict.verdict == "waiting" and "DUE" in blocking
            if is_moved:
                told_due = [g.passes_at for g in found if g.type == Guard.TYPE_DUE]
                assert told_due == [facts.scheduled_at + facts.shift], told
            elif verdict.verdict in TIMED:
                kind = TIMED[verdict.verdict]
                [until] = [g.passes_at for g in found if Guard.Type.Name(g.type) == f"TYPE_{kind}"]
                assert until is not None, told
                wait_s = verdict.wait_s
                if verdict.verdict == "new_chat":
                    # The place that it gets now.
                    await store.hand.defer_first_contacts([verdict])
                    not_before = await connection.fetchval(
                        "SELECT not_before FROM message WHERE id = $1", message
                    )
                    wait_s = (not_before - facts.at).total_seconds()
                assert abs((until - facts.at).total_seconds() - wait_s) < 5, told
            await restored(connection, tables, incarnation)
    assert {"hand", "quiet", "frequent", "capped", "suppressed", "new_chat"} <= seen
    assert {"expired", "cancelled", "paused", "paced"} <= seen


async def restored(connection, tables, incarnation):
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608
        for table in tables:
            await connection.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept_{table}")
        await connection.execute("UPDATE shard_lease SET incarnation = $1, granted_at = NULL", incarnation)
        await connection.execute("UPDATE host SET expires_at = now() + interval '1 h', back_at = NULL")


RESTORES = {
    "restored": "UPDATE cluster SET lineage = 'another'",
    "withheld": "UPDATE lead SET withheld_at = now()",
}


@pytest.mark.parametrize("verdict", RESTORES)
async def test_a_restore_of_the_database_is_explained_too(hands, world, verdict):
    connection, store = world
    await connection.execute(RESTORES[verdict])
    message = await connection.fetchval("SELECT min(id) FROM message")
    async with Postgres(
        PostgresSettings(postgres_dsn=hands.database.dsn("gateway")), application="test"
    ) as gateway:
        facts = await ExplainStore(gateway).facts(1, message)
        assert facts is not None
    assert names(guards(facts), BLOCKS) == BEHIND[verdict]
    assert (await decided(connection, store, message)).verdict == verdict
