"""Attacks the schema with the next column: whoever adds one that holds words says if people are in it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.database import Database

# What a person may be in. An erasure clears these; `test_erasure` plants a person in them and walks.
PERSON = {
    "consent": "source wording",
    "event": "reason",
    "import": "plan",
    "import_error": "reason because cells",
    "inbound": "inbound_id",
    "lead": "phone lid former_lids network_phone display_name trigger attributes language timezone",
    "message": "text_hash",
    "quarantine": "inbound_id sender lid folded meaning",
    "suppression": "reason",
}
# Hashes under a key that the database does not have; responses are kept without people.
KEYED = {
    # Sealed, and of no person.
    "device": "proxy",
    "import_seen": "hashes",
    "lead": "phone_hash",
    "request": "request_hash response",
    "suppression": "phone_hash",
}
# Words of the product, and what the people of an account write about themselves, devices and texts.
NOBODY = {
    "account": "slug display_name timezone language country stop_words start_words holiday_regions",
    "account_day": "name",
    "api_key": "public_id secret_hash scopes label",
    "audit": "method resource",
    "campaign": "display_name state on_unknown text variation on_late filter filter_path filter_values"
    " timezone traceparent",
    "campaign_sweep": "kind",
    "cluster": "lineage",
    "device": "display_name phone transport state state_reason ban_reason label",
    # The account's own number.
    "device_link": "state jid",
    "enrollment": "state reason traceparent",
    "event": "type state ban_reason",
    "failed_login": "peer reason last_public_id",
    "host": "host_id consul_session clients",
    # Of a whole file and its options; a month later it is gone.
    "import": "options_hash head_hash counts kind",
    "inbound": "kind",
    # The title of a column and a no; an erasure clears it all the same.
    "lead": "refused_by",
    "message": "reason",
    "outdated_client": "transport version",
    "public_holiday": "region name",
    "request": "method",
    "restore": "lineage journals",
    "sequence": "slug display_name trigger on_unknown on_reply on_reenter",
    "sequence_step": "text greetings variation",
    "wording": "document",
}

COLUMNS = """
SELECT c.relname || '.' || a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'kompang'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (t.typcategory IN ('S', 'U') OR t.typelem IN ('text'::regtype, 'bytea'::regtype))
    AND t.typname NOT IN ('uuid', 'xid8', 'xid')
"""


def decided() -> set[str]:
    kinds = (PERSON, KEYED, NOBODY)
    return {f"{table}.{column}" for kind in kinds for table in kind for column in kind[table].split()}


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    async with database.connection() as connection:
        yield connection


async def test_of_every_column_that_can_hold_words_it_is_decided_whether_a_person_is_in_it(
    owner: asyncpg.Connection,
) -> None:
    there_are = {row[0] for row in await owner.fetch(COLUMNS)}
    assert there_are - decided() == set(), (
        "say above whether a person may be in these columns; if so, EraseLead clears them, ExportLead tells"
        " them, and test_erasure plants a person there"
    )
    assert decided() - there_are == set()


async def test_a_column_that_nobody_decided_about_is_found(owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER TABLE campaign_lead ADD COLUMN note jsonb, ADD COLUMN notes text[]")
    there_are = {row[0] for row in await owner.fetch(COLUMNS)}
    assert there_are - decided() == {"campaign_lead.note", "campaign_lead.notes"}
