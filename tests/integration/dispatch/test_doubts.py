"""A reply that is perhaps a stop: it suppresses at once, and says that a person has to decide."""

import pytest

from services.dispatch.inbound.store import InboundStore, InboundText
from services.dispatch.stores import PLANNER
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import states, world
from tests.integration.dispatch.test_inbound import FIRST, events, kinds
from tests.support import rows
from tests.support.secret import HASHES

PERHAPS = "Can you stop?"
SUPPRESSIONS = "SELECT reason, doubted_at IS NOT NULL FROM suppression"


async def suppressions(connection) -> list[tuple[str, bool]]:
    return [tuple(row) for row in await connection.fetch(SUPPRESSIONS)]


async def test_perhaps_ends_everything_and_waits_for_a_person(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=1, leads=2, steps=2)
        await rows.stop_confirmation(connection, "You will not hear from us again.")
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, PERHAPS)
            await host.hear(devices[0], FIRST, PERHAPS)  # received twice
            assert await suppressions(connection) == [("stop_word", True)]
            # Nothing confirms what nobody has decided.
            assert await states(connection) == {"suppressed": 2, "pending": 2}
            assert await kinds(connection) == ["perhaps"]
            told = await connection.fetch(
                "SELECT type, reason, lead_id FROM event WHERE type LIKE 'lead%' ORDER BY type"
            )
            assert [tuple(row) for row in told] == [
                ("lead_doubted", "perhaps", people[0]),
                ("lead_replied", "perhaps", people[0]),
                ("lead_suppressed", "perhaps", people[0]),
            ]
            # A clear stop is one, and is confirmed as one; what comes after it changes nothing.
            await host.hear(devices[0], FIRST, "STOP", "in-2")
            await host.hear(devices[0], FIRST, PERHAPS, "in-3")
        assert await suppressions(connection) == [("stop_word", False)]
        assert await connection.fetchval("SELECT count(*) FROM message WHERE is_confirmation") == 1
        assert [await events(connection, t) for t in ("lead_doubted", "lead_suppressed")] == [1, 2]


async def test_start_takes_back_what_is_in_doubt(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, PERHAPS)
            await host.hear(devices[0], FIRST, "START", "in-2")
        assert await suppressions(connection) == []


async def test_a_word_of_the_account_is_a_stop_whatever_it_means_elsewhere(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=1)
        await connection.execute("UPDATE account SET stop_words = '{not interested}'")
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "Not interested")
        assert await suppressions(connection) == [("stop_word", False)]


async def test_perhaps_confirms_what_an_import_said_and_leaves_it_certain(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=1)
        await connection.execute(
            "INSERT INTO suppression (account_id, phone_hash, reason, import_id)"
            " SELECT account_id, phone_hash, 'list', 7 FROM lead"
        )
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, PERHAPS)
        assert await suppressions(connection) == [("list", False)]
        assert await connection.fetchval("SELECT import_id FROM suppression") is None


@pytest.mark.parametrize(
    ("first", "then", "is_doubted"),
    [("perhaps", "perhaps", True), ("perhaps", "stop", False), ("stop", "perhaps", False)],
)
async def test_alone_the_suppression_keeps_it_too(database, first, then, is_doubted):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=1)
        settings = PostgresSettings(postgres_dsn=database.dsn("dispatch"))
        async with Postgres(settings, application="test", session=PLANNER) as postgres:
            store = InboundStore(postgres, HASHES)
            for number, meaning in enumerate((first, then)):
                text = InboundText(devices[0], f"in-{number}", FIRST, "x", meaning)
                assert {word.kind for word in await store.suppress([text])} == {meaning}
            assert await store.doubts() == is_doubted
        found = await connection.fetch(SUPPRESSIONS)
        assert {row[1] for row in found} == {is_doubted}
