"""A restored database is noticed, hands nothing, and gives no id twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.restore.store import Fence
from services.runtime.errors import Unavailable
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.restore.world import FORGET


async def test_a_restored_database_hands_nothing_although_nobody_has_noticed(world):
    await world.connection.execute(FORGET)
    assert await world.hand() == "restored"
    assert await world.states() == ["pending", "pending"]


async def test_one_process_that_notices_stops_all(world):
    # A snapshot of the disk has the same history: only who has seen a later moment can know.
    await world.restores.beat(world.fence)
    await world.connection.execute("UPDATE cluster SET alive_at = alive_at - interval '1 s'")
    assert await world.hand() == "hand"
    await world.connection.execute("UPDATE message SET state = 'pending'")
    await world.connection.execute("UPDATE device_pace SET in_flight_id = NULL, in_flight_at = NULL")
    assert (await world.restores.beat(world.fence)).is_news
    assert await world.hand() == "restored"
    assert not (await world.restores.beat(Fence(until_settled=True))).is_news


@pytest.mark.parametrize(
    ("role", "is_refused"), [("dispatch", True), ("enrollment", True), ("gateway", False)]
)
async def test_a_new_connection_notices_before_anything_is_written(world, role, is_refused):
    await world.connection.execute(FORGET)
    settings = PostgresSettings(postgres_dsn=world.database.dsn(role))
    fence = Fence(until_settled=is_refused)
    async with Postgres(settings, application="test", on_connect=fence.check) as postgres:
        if is_refused:
            with pytest.raises(Unavailable, match="restored"):
                await postgres.fetch_value("SELECT 1")
            await world.restores.settle(3)
        assert await postgres.fetch_value("SELECT 1") == 1
    assert await world.connection.fetchval("SELECT held_by IS NOT NULL FROM cluster")


NUMBERS = """SELECT c.relname, pg_sequence_last_value(c.oid) AS last, s.seqtypid = 'bigint'::regtype AS is_big
    FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.relnamespace = 'kompang'::regnamespace"""


async def test_no_id_is_given_twice_in_any_history(world):
    """Two histories that begin in the same backup: the ids of each are disjoint, at 2^20 a second."""
    given: list[tuple[int, int]] = [(1, (await world.message(1))["id"])]
    for second in range(1, 4):
        transaction = world.connection.transaction()
        await transaction.start()
        # Each begins from the same backup, a second after the one before.
        at = datetime.now(UTC) + timedelta(seconds=second)
        await world.connection.execute("SELECT move_sequences($1)", at)
        first = await world.connection.fetchval("SELECT nextval('message_id_seq')")
        given.append((first, first + 2**20 - 2))
        # setval is not undone by a rollback: the next history begins below again.
        await world.connection.execute("SELECT setval('message_id_seq', 2)")
        await transaction.rollback()
    for before, after in pairwise(given):
        assert before[1] < after[0]
    assert given[-1][1] < 2**53


async def test_every_sequence_of_the_schema_is_moved(world):
    before = {row["relname"]: row for row in await world.connection.fetch(NUMBERS)}
    await world.forget()
    seconds = int((datetime.now(UTC) - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds())
    for row in await world.connection.fetch(NUMBERS):
        least = (seconds - 60) << 20 if row["is_big"] else seconds - 60
        assert row["last"] >= max(least, before[row["relname"]]["last"] or 0), row["relname"]


# How a message stood at the restore point, and whether it may have been sent since.
