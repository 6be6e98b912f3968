"""What the checker reads from a real database."""

import time

from infra.local.reconcile import Invariant, read_records, reconcile
from tests.support import rows
from tests.support.database import Database

# Seconds after the begin of the book, by what was said of whom.
_EVENTS = """
INSERT INTO event (account_id, type, lead_id, at)
SELECT $1, said.type, said.lead_id, to_timestamp($2::float8 + said.s)
FROM unnest($3::text[], $4::bigint[], $5::float8[]) AS said (type, lead_id, s)
"""
_CALLS = """
INSERT INTO audit (account_id, method, resource, at)
SELECT $1, 'kompang.v1.CampaignsService/' || said.method, $3, to_timestamp($2::float8 + said.s)
FROM unnest($4::text[], $5::float8[]) AS said (method, s)
"""
_CAMPAIGN = "INSERT INTO campaign (account_id, text, state) VALUES ($1, 'Hi', 'cancelled') RETURNING id"
_MESSAGES = """
WITH written AS (
    INSERT INTO message (account_id, lead_id, campaign_id, device_id, scheduled_at, state)
    SELECT $1, lead_id, $2, $4, now(), 'unknown' FROM unnest($3::bigint[]) AS lead_id ORDER BY lead_id
    RETURNING id, lead_id, scheduled_at
), noted AS (
    INSERT INTO campaign_lead (campaign_id, device_id, lead_id, message_id, scheduled_at)
    SELECT $2, $4, lead_id, id, scheduled_at FROM written
)
INSERT INTO campaign_change (campaign_id, new_state, messages) SELECT $2, 'unknown', count(*) FROM written
"""


async def test_rows_are_read_with_numbers_as_the_network_writes_them(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 2, min_s=1.5, max_s=2.0)
        leads = await rows.leads(connection, account, devices, 2)
        sequence = await rows.sequence(connection, account, 3)
        await rows.enrolled(connection, account, sequence, leads)
        await connection.execute(
            "UPDATE message SET state = 'sent', text_hash = '\\x00ff00ff00ff00ff' WHERE position = 1"
        )
        await connection.execute(
            "INSERT INTO suppression (account_id, phone_hash)"
            " SELECT account_id, phone_hash FROM lead WHERE id = $1",
            leads[0],
        )

    records = await read_records(database.owner_dsn)

    assert [each.message_count for each in records.enrollments] == [3, 3]
    assert len({each.wire_id for each in records.messages}) == 6
    first = next(each for each in records.messages if each.position == 1)
    assert (first.state, first.text_hash, first.min_delay_s) == ("sent", "00ff00ff00ff00ff", 1.5)
    assert first.recipient.startswith("6012")
    assert first.device.startswith("6011")
    assert sum(each.is_abandoned for each in records.messages) == 3
    assert [(each.promise, each.id, each.end_s) for each in records.no_send_periods] == [
        (Invariant.OPTED_OUT, leads[0], None)
    ]

    assert reconcile(records, []).broken == {Invariant.LOST: 2, Invariant.UNFINISHED: 4}


async def test_opt_outs_erasures_and_pauses_are_read_with_their_times(database: Database) -> None:
    begin = float(int(time.time()) - 1000)
    async with database.connection() as connection:
        account = await rows.account(connection)
        [device] = await rows.devices(connection, account, 1)
        back, gone, erased = await rows.leads(connection, account, [device], 3)
        campaign = await connection.fetchval(_CAMPAIGN, account)
        await connection.execute("SELECT ensure_partitions(now() - interval '1 week', now())")
        types = ["lead_suppressed", "lead_restored", "lead_suppressed"]
        await connection.execute(_EVENTS, account, begin, types, [back, back, gone], [100, 130, 110])
        calls = ["PauseCampaign", "ResumeCampaign", "CancelCampaign"]
        await connection.execute(_CALLS, account, begin, f"campaigns/{campaign}", calls, [150, 160, 170])
        await connection.execute(
            "UPDATE lead SET erased_at = to_timestamp($2::float8 + 140) WHERE id = $1", erased, begin
        )
        await connection.execute(_MESSAGES, account, campaign, [back, erased], device)

    records = await read_records(database.owner_dsn)

    assert [
        (each.promise, each.id, _after(each.begin_s, begin), _after(each.end_s, begin))
        for each in records.no_send_periods
    ] == [
        (Invariant.OPTED_OUT, back, 100, 130),
        (Invariant.OPTED_OUT, gone, 110, None),
        (Invariant.ERASED, erased, 140, None),
        (Invariant.HELD, campaign, 150, 160),
        (Invariant.HELD, campaign, 170, None),
    ]
    assert [
        (each.lead_id, each.campaign_id, each.is_erased, each.is_abandoned) for each in records.messages
    ] == [
        (back, campaign, False, True),
        (erased, campaign, True, True),
    ]
    # As written the campaign's books agree; a count too many and a lead that is not noted are seen.
    assert not reconcile(records, []).violations
    async with database.connection() as connection:
        await connection.execute("UPDATE campaign_change SET messages = 3")
        await connection.execute("DELETE FROM campaign_lead WHERE lead_id = $1", back)
    doctored = reconcile(await read_records(database.owner_dsn), [])
    assert doctored.broken == {Invariant.COUNTED: 1, Invariant.ONE_PER_LEAD: 1}


def _after(moment: float | None, begin: float) -> float | None:
    return None if moment is None else moment - begin


async def test_an_answer_to_a_stop_word_is_read_with_the_time_of_the_word(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        [lead] = await rows.leads(connection, account, devices, 1)
        sequence = await rows.sequence(connection, account, 2)
        await rows.enrolled(connection, account, sequence, [lead])
        await connection.execute(
            "INSERT INTO suppression SELECT account_id, phone_hash, 'stop_word' FROM lead WHERE id = $1", lead
        )
        # The first of the two confirms this very stop word, the other none that there was.
        await connection.execute(
            "UPDATE message SET is_confirmation = true,"
            " scheduled_at = s.created_at - make_interval(secs => position - 1) FROM suppression s"
        )

    records = await read_records(database.owner_dsn)

    [stop] = records.no_send_periods
    assert [each.answers_s == stop.begin_s for each in records.messages] == [True, False]


async def test_an_answer_that_a_start_word_cancelled_may_stay_unknown(database: Database) -> None:
    """The hand repeats it while it answers; from then on nothing finds out whether it went."""
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        leads = await rows.leads(connection, account, devices, 4)
        await connection.execute(
            "INSERT INTO message (account_id, lead_id, device_id, scheduled_at, state, is_confirmation)"
            " SELECT account_id, id, device_id, now() - make_interval(hours => 2 * (id = $1)::int),"
            " 'unknown', true FROM lead",
            leads[0],
        )
        # Still good, of an operator meanwhile, taken back; the first is too late.
        await connection.execute(
            "INSERT INTO suppression (account_id, phone_hash, reason, created_at)"
            " SELECT l.account_id, phone_hash, CASE l.id WHEN $2 THEN 'why' ELSE 'stop_word' END,"
            " scheduled_at"
            " FROM lead l JOIN message m ON m.lead_id = l.id WHERE l.id <> $1",
            leads[3],
            leads[2],
        )

    records = await read_records(database.owner_dsn)

    assert [each.is_abandoned for each in records.messages] == [True, False, True, True]
