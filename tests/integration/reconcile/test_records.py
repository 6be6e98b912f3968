"""What the checker reads from a real database."""

from infra.local.reconcile import Invariant, read_records, reconcile
from tests.support import rows
from tests.support.database import Database


async def test_rows_are_read_as_the_network_writes_them(database: Database) -> None:
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
    assert sum(each.suppressed_at is not None for each in records.messages) == 3
    assert not any(each.is_answer for each in records.messages)

    assert reconcile(records, []).broken == {Invariant.LOST: 2, Invariant.UNFINISHED: 4}


async def test_only_the_answer_to_that_very_stop_word_is_one(database: Database) -> None:
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        leads = await rows.leads(connection, account, devices, 2)
        sequence = await rows.sequence(connection, account, 3)
        await rows.enrolled(connection, account, sequence, leads)
        await connection.execute(
            "INSERT INTO suppression SELECT account_id, phone_hash, 'stop_word' FROM lead WHERE id = $1",
            leads[0],
        )
        # Of the first lead a confirmation of this stop word, one of another, and an ordinary message; those
        # of the second lead, who is not silent, are of a stop word that was taken back.
        await connection.execute(
            "UPDATE message SET is_confirmation = lead_id <> $1 OR position < 3,"
            " scheduled_at = s.created_at - CASE position WHEN 2 THEN interval '1 s' ELSE interval '0 s' END"
            " FROM suppression s",
            leads[0],
        )

    records = await read_records(database.owner_dsn)

    assert [each.is_answer for each in records.messages] == [True, *[False] * 5]
