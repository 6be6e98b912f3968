"""Rows for tests, written by the owner: an account, devices, leads, enrollments with their messages."""

import json
from datetime import timedelta

import asyncpg

from tests.support.secret import HASHES


async def account(connection: asyncpg.Connection, slug: str = "acme") -> int:
    number: int = await connection.fetchval("INSERT INTO account (slug) VALUES ($1) RETURNING id", slug)
    return number


async def devices(
    connection: asyncpg.Connection,
    account_id: int,
    count: int,
    *,
    min_s: float = 0.0,
    max_s: float = 0.0,
    daily_cap: int = 0,
    transport: str = "simulated",
) -> list[int]:
    """Devices spread over all shards; their ids. No two accounts have the same numbers."""
    rows = await connection.fetch(
        """
        WITH made AS (
            INSERT INTO device (account_id, phone, shard, min_delay, max_delay, daily_cap, transport)
            SELECT $1, '+6011' || lpad((($1::int - 1) % 90 * 1000000 + n)::text, 8, '0'),
                n % (SELECT shard_count FROM cluster), $3, $4, $5, $6
            FROM generate_series(1, $2::int) n RETURNING id
        )
        INSERT INTO device_pace (device_id) SELECT id FROM made RETURNING device_id
        """,
        account_id,
        count,
        timedelta(seconds=min_s),
        timedelta(seconds=max_s),
        daily_cap,
        transport,
    )
    return sorted(row[0] for row in rows)


async def leads(
    connection: asyncpg.Connection, account_id: int, devices_: list[int], count: int, trigger: str = ""
) -> list[int]:
    """Leads with consent, round robin over the devices; their ids."""
    phones = [f"+6012{n:08d}" for n in range(1, count + 1)]
    rows = await connection.fetch(
        """
        INSERT INTO lead (account_id, phone, phone_hash, display_name, trigger, device_id, consent_at)
        SELECT $1, phone, phone_hash, 'Lead ' || n, $5, ($2::int[])[1 + n % cardinality($2::int[])], now()
        FROM unnest($3::text[], $4::bytea[]) WITH ORDINALITY AS numbered (phone, phone_hash, n) RETURNING id
        """,
        account_id,
        devices_,
        phones,
        [HASHES.current(account_id, phone) for phone in phones],
        trigger,
    )
    return [row[0] for row in rows]


async def sequence(connection: asyncpg.Connection, account_id: int, steps: int, slug: str = "cold") -> int:
    """An active sequence of so many steps, an hour apart; its id."""
    number: int = await connection.fetchval(
        "INSERT INTO sequence (account_id, slug, trigger, is_active, revision)"
        " VALUES ($1, $2, upper($2), true, 1) RETURNING id",
        account_id,
        slug,
    )
    await connection.execute(
        'INSERT INTO sequence_step (sequence_id, revision, position, "offset", text)'
        " SELECT $1, 1, n, make_interval(hours => n), 'Hello {name}, this is ' || n"
        " FROM generate_series(1, $2::int) n",
        number,
        steps,
    )
    return number


async def revise(
    connection: asyncpg.Connection, sequence_id: int, steps: list[tuple[float, str]]
) -> list[int]:
    """The next revision of a sequence: (seconds from its start, text) of each step; their ids."""
    rows = await connection.fetch(
        """
        WITH changed AS (UPDATE sequence SET revision = revision + 1 WHERE id = $1 RETURNING id, revision)
        INSERT INTO sequence_step (sequence_id, revision, position, "offset", text)
        SELECT changed.id, changed.revision, n, make_interval(secs => offset_s), text
        FROM changed CROSS JOIN unnest($2::float8[], $3::text[]) WITH ORDINALITY AS step (offset_s, text, n)
        ORDER BY n RETURNING id
        """,
        sequence_id,
        [offset_s for offset_s, _ in steps],
        [text for _, text in steps],
    )
    return [row[0] for row in rows]


async def wording(
    connection: asyncpg.Connection,
    *,
    greeting: str = "{Hi|Hello} {name}",
    language: str = "",
    footer: str = "",
    document: str | None = None,
) -> int:
    """Every account speaks like this from now on; the id."""
    whole = document or json.dumps(
        {
            "greetings": [{"text": greeting, "weight": 1, "language": language, "period": "any"}],
            "fallback": "Cik",
            "footer": footer,
            "variation": {
                "level": "natural", "full_stop": 0.3, "comma": 0.2, "space": 0.4, "greeting_case": 0.2,
            },
        }
    )  # fmt: skip
    number: int = await connection.fetchval(
        "WITH made AS (INSERT INTO wording (account_id, document) SELECT min(id), $1::jsonb FROM account"
        " RETURNING id) SELECT id FROM made",
        whole,
    )
    await connection.execute("UPDATE account SET wording_id = $1", number)
    return number


async def stop_confirmation(connection: asyncpg.Connection, text: str) -> int:
    """Every account answers stop words with this template from now on; the id of the text."""
    number: int = await connection.fetchval(
        'INSERT INTO sequence_step (account_id, revision, position, "offset", text, greetings, variation)'
        " SELECT min(id), 1, 1, '0 s', $1, '[]', 'none' FROM account RETURNING id",
        text,
    )
    await connection.execute("UPDATE account SET stop_confirmation_id = $1", number)
    return number


async def enrolled(
    connection: asyncpg.Connection,
    account_id: int,
    sequence_id: int,
    lead_ids: list[int],
    *,
    first_in_s: float = 0.0,
    apart_s: float = 0.0,
) -> list[int]:
    """Enrolls leads, message k of each due `first_in_s + (k-1) * apart_s` from now; the message ids."""
    await connection.execute(
        "SELECT ensure_partitions(now() - interval '1 week', now() + interval '2 weeks')"
    )
    rows = await connection.fetch(
        """
        WITH steps AS (
            SELECT id, position, count(*) OVER () AS total FROM sequence_step WHERE sequence_id = $2
        ), made AS (
            INSERT INTO enrollment (account_id, sequence_id, lead_id, message_count)
            SELECT $1, $2, lead_id, (SELECT max(total) FROM steps) FROM unnest($3::bigint[]) lead_id
            RETURNING id, lead_id
        )
        INSERT INTO message (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position)
        SELECT $1, made.lead_id, made.id, steps.id, lead.device_id,
            now() + make_interval(secs => $4 + (steps.position - 1) * $5::float8), steps.position
        FROM made JOIN lead ON lead.id = made.lead_id CROSS JOIN steps
        ORDER BY made.lead_id, steps.position RETURNING id
        """,
        account_id,
        sequence_id,
        lead_ids,
        first_in_s,
        apart_s,
    )
    return [row[0] for row in rows]
