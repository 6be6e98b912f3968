"""Attacks dispatch through the database: rows of another version, and values that no code of ours writes."""

from collections.abc import Sequence

import asyncpg

from tests.attacks.traffic import hear, send
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL
from tests.support import rows
from tests.support.eventually import eventually

# Each is done to a device, its lead, its message and their account, which are there for it alone.
BROKEN = {
    "a device in a state of another version": (
        "UPDATE device SET state = 'frozen', held_until = NULL WHERE id = {device}"
    ),
    "a device held for ever": "UPDATE device SET state = 'held', held_until = 'infinity' WHERE id = {device}",
    "a device held since ever": (
        "UPDATE device SET state = 'held', held_until = '-infinity' WHERE id = {device}"
    ),
    "a device of another transport": "UPDATE device SET transport = 'carrier pigeon' WHERE id = {device}",
    "a device without a number": "UPDATE device SET phone = '' WHERE id = {device}",
    "gaps below nothing": "UPDATE device SET min_delay = '-1 year', max_delay = '-1 day' WHERE id = {device}",
    "gaps of ages": (
        "UPDATE device SET min_delay = '170000000 y', max_delay = '178000000 y' WHERE id = {device}"
    ),
    "a cap below nothing": "UPDATE device SET daily_cap = -5, warmup_start = -1 WHERE id = {device}",
    "a warm-up that explodes": (
        "UPDATE device SET daily_cap = 2147483647, warmup_start = 100000, warmup_growth = 'Infinity' "
        "WHERE id = {device}"
    ),
    "a warm-up of no number": (
        "UPDATE device SET daily_cap = 9, warmup_start = 1, warmup_growth = 'NaN' WHERE id = {device}"
    ),
    "a pace of the future": "UPDATE device_pace SET last_sent_at = 'infinity' WHERE device_id = {device}",
    "a pace before all time": "UPDATE device_pace SET last_sent_at = '-infinity' WHERE device_id = {device}",
    "a cursor before all time": "UPDATE device_pace SET cursor_at = '-infinity' WHERE device_id = {device}",
    "a cursor of the future": "UPDATE device_pace SET cursor_at = 'infinity' WHERE device_id = {device}",
    "a warm-up that began before Christ": (
        "UPDATE device_pace SET sent_on = '4000-01-01 BC', first_sent_on = '4000-01-01 BC' WHERE "
        "device_id = {device}"
    ),
    "a message in flight that is not there": (
        "UPDATE device_pace SET in_flight_id = 99999999, in_flight_at = now() WHERE device_id = {device}"
    ),
    "a message in flight at no time": (
        "UPDATE device_pace SET in_flight_id = {message}, in_flight_at = NULL WHERE device_id = {device}"
    ),
    "a message in flight at the end of time": (
        "UPDATE device_pace SET in_flight_id = {message}, in_flight_at = 'infinity' WHERE device_id "
        "= {device}"
    ),
    "no pace": "DELETE FROM device_pace WHERE device_id = {device}",
    "a state of another version": "UPDATE message SET state = 'frozen' WHERE id = {message}",
    "a reason of another version": "UPDATE message SET reason = 'moon' WHERE id = {message}",
    "the last attempt there is": "UPDATE message SET attempts = 32767 WHERE id = {message}",
    "a time before all time": "UPDATE message SET not_before = '-infinity' WHERE id = {message}",
    "a hand at the end of time": "UPDATE message SET handed_at = 'infinity' WHERE id = {message}",
    "a step that is not there": "UPDATE message SET step_id = 99999999 WHERE id = {message}",
    "no step": "UPDATE message SET step_id = NULL WHERE id = {message}",
    "a wording that is not there": (
        "UPDATE message SET wording_id = 99999999, handed_at = now() WHERE id = {message}"
    ),
    "a lead that is not there": "UPDATE message SET lead_id = 99999999 WHERE id = {message}",
    "a campaign that is not there": "UPDATE message SET campaign_id = 99999999 WHERE id = {message}",
    "an enrollment that is not there": "UPDATE message SET enrollment_id = 99999999 WHERE id = {message}",
    "an enrollment of another version": "UPDATE enrollment SET state = 'dreaming' WHERE lead_id = {lead}",
    "a trace that is none": "UPDATE enrollment SET traceparent = E'00-zz\\n-%' WHERE lead_id = {lead}",
    "a time zone that is not there": "UPDATE lead SET timezone = 'Mars/Olympus_Mons' WHERE id = {lead}",
    "a language that is none": "UPDATE lead SET language = repeat('x', 5000) WHERE id = {lead}",
    "attributes that are a list": "UPDATE lead SET attributes = '[1, 2]' WHERE id = {lead}",
    "attributes that are null": "UPDATE lead SET attributes = 'null' WHERE id = {lead}",
    "attributes that are numbers": (
        'UPDATE lead SET attributes = \'{{"a": 1e308, "b": {{"c": []}}}}\' WHERE id = {lead}'
    ),
    "attributes of 20 MB": (
        "UPDATE lead SET attributes = jsonb_build_object('a', repeat('x', 20000000)) WHERE id = {lead}"
    ),
    "a name of 5 MB, and a time zone of its own": (
        "UPDATE lead SET display_name = repeat('x', 5000000) WHERE id = {lead}"
    ),
    "no number": "UPDATE lead SET phone = '' WHERE id = {lead}",
    "a time zone of the account that is not there": (
        "UPDATE account SET timezone = 'Atlantis' WHERE id = {account}"
    ),
    "a night of no length": (
        "UPDATE account SET quiet_from = '10:00', quiet_until = '10:00' WHERE id = {account}"
    ),
    "caps below nothing": (
        "UPDATE account SET person_daily_cap = -1, person_weekly_cap = -9 WHERE id = {account}"
    ),
    "a wording that is a list": (
        "WITH made AS (INSERT INTO wording (account_id, document) VALUES ({account}, '[7]') "
        "RETURNING id) UPDATE account SET wording_id = (SELECT id FROM made) WHERE id = {account}"
    ),
    "a wording of another version": (
        'WITH made AS (INSERT INTO wording (account_id, document) VALUES ({account}, \'{{"greetings": '
        '[{{"weight": -1, "text": {{}}}}], "variation": 5}}\') RETURNING id) UPDATE account SET '
        "wording_id = (SELECT id FROM made) WHERE id = {account}"
    ),
    "a wording of 20 MB": (
        "WITH made AS (INSERT INTO wording (account_id, document) VALUES ({account}, "
        "jsonb_build_object('footer', repeat('x', 20000000))) RETURNING id) UPDATE account SET "
        "wording_id = (SELECT id FROM made) WHERE id = {account}"
    ),
    "a text that is none": "UPDATE sequence_step SET text = 'Hi {{a|{{b' WHERE sequence_id = {sequence}",
    "greetings of another version": (
        "UPDATE sequence_step SET greetings = '{{\"a\": [null]}}' WHERE sequence_id = {sequence}"
    ),
    "a variation of another version": (
        "UPDATE sequence_step SET variation = 'wild' WHERE sequence_id = {sequence}"
    ),
    "a rule of another version": (
        "UPDATE sequence SET on_reply = 'dance', on_unknown = 'sing' WHERE id = {sequence}"
    ),
    "stop words of another version": (
        "UPDATE account SET stop_words = ARRAY[NULL, '']::text[] WHERE id = {account}"
    ),
}
# What keeps such rows out today.
CHECKS = """
SELECT conrelid::regclass::text AS table_name, conname FROM pg_constraint
WHERE connamespace = 'kompang'::regnamespace AND contype = 'c' AND conparentid = 0 AND coninhcount = 0
"""
ANYBODY = 20


async def break_rows(connection: asyncpg.Connection, kinds: Sequence[str]) -> None:
    """An account for each kind, with a device, a lead, a message that is due, and what is wrong with it."""
    for check in await connection.fetch(CHECKS):
        await connection.execute(f"ALTER TABLE {check['table_name']} DROP CONSTRAINT {check['conname']}")
    await connection.execute("ALTER TYPE message_state ADD VALUE 'frozen'")
    for number, kind in enumerate(kinds):
        account = await rows.account(connection, f"broken{number}")
        [device] = await rows.devices(connection, account, 1)
        [lead] = await rows.leads(connection, account, [device], 1)
        sequence = await rows.sequence(connection, account, 1)
        [message] = await rows.enrolled(connection, account, sequence, [lead], first_in_s=-60)
        ids = {
            "account": account, "device": device, "lead": lead, "message": message, "sequence": sequence,
        }  # fmt: skip
        await connection.execute(BROKEN[kind].format(**ids))


async def test_no_row_ends_a_replica_or_keeps_another_device_from_sending(database):
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 4)
        people = await rows.leads(connection, account, devices, ANYBODY)
        plan = await rows.sequence(connection, account, 1)
        messages = await rows.enrolled(connection, account, plan, people)
        await break_rows(connection, list(BROKEN))
        broken = [
            row[0] for row in await connection.fetch("SELECT id FROM device WHERE account_id <> $1", account)
        ]
        async with replica(database, cursor_s=0.1) as address, attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(broken)
            assert await send(host, devices, ANYBODY, ignoring=broken) >= set(messages)
            # Somebody writes to each of them; the word counts, whatever state the rows are in.
            await hear(host, [(device, "601200000001", "STOP") for device in [*broken, *devices]])
            assert await connection.fetchval("SELECT count(*) FROM suppression") == len(broken) + 1
            await connection.execute("UPDATE device SET updated_at = now()")

            async def all_loops_ran() -> bool:
                return not await connection.fetchval(
                    "SELECT count(*) FROM device WHERE state = 'held' AND held_until < now()"
                )

            await eventually(all_loops_ran)
