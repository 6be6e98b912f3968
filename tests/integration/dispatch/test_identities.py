"""Whoever writes is found: by an older form of the number, and by the network's own identity."""

import asyncpg

from gateway.admin.quarantine.store import QuarantineStore
from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.support import rows
from tests.support.secret import HASHES

LID = "123456789012345"
# As leads are kept, and as the network knows the same people.
FORMS = [
    ("5511987654321", "551187654321"), ("525512345678", "5215512345678"), ("5491123456789", "541123456789"),
    ("2290197123456", "22997123456"), ("2250707123456", "22507123456"), ("84381234567", "841681234567"),
    ("24177524929", "24107524929"), ("23057123456", "2307123456"), ("237677123456", "23777123456"),
    ("593998123456", "59398123456"), ("201001234567", "20101234567"),
]  # fmt: skip


async def numbered(connection: asyncpg.Connection, lead: int, number: str) -> None:
    phone = f"+{number}"
    await connection.execute(
        "UPDATE lead SET phone = $2, phone_hash = $3 WHERE id = $1", lead, phone, HASHES.current(1, phone)
    )


async def suppressed(connection: asyncpg.Connection) -> list[str]:
    found = await connection.fetch(
        "SELECT phone FROM lead JOIN suppression USING (account_id, phone_hash) ORDER BY lead.id"
    )
    return [row["phone"][1:] for row in found]


async def test_a_stop_from_another_form_of_the_number_stops_the_lead(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=1, leads=len(FORMS), steps=1)
        for lead, (number, _) in zip(people, FORMS, strict=True):
            await numbered(connection, lead, number)
        async with attached(dispatch) as host:
            for place, (_, older) in enumerate(FORMS):
                await host.hear(devices[0], older, "stop", f"in-{place}")
        assert await suppressed(connection) == [number for number, _ in FORMS]
        assert await connection.fetchval("SELECT count(*) FROM message WHERE state = 'pending'") == 0


async def test_the_network_is_written_to_under_the_form_that_it_knows(database, dispatch):
    async with database.connection() as connection:
        devices, [lead], _ = await world(connection, devices=1, leads=1, steps=1)
        await connection.execute("UPDATE sequence SET on_reply = 'ignore'")
        await numbered(connection, lead, "5511987654321")
        async with attached(dispatch) as host:
            await host.hear(devices[0], "551187654321", "hello")
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
        assert message.recipient == "551187654321"


async def test_an_identity_that_came_with_a_number_is_the_person_from_then_on(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=2, steps=1)
        numbers = [row["phone"][1:] for row in await connection.fetch("SELECT phone FROM lead ORDER BY id")]
        async with attached(dispatch) as host:
            await host.hear(devices[0], numbers[0], "who is this?", "in-1", lid=LID)
            await host.hear(devices[0], "", "stop", "in-2", lid=LID)
            assert await suppressed(connection) == numbers[:1]
            # By number and by identity in one frame: the later word counts.
            both = [
                pb.Inbound(device_id=devices[0], inbound_id="in-3", sender="", lid=LID, text="start"),
                pb.Inbound(device_id=devices[0], inbound_id="in-4", sender=numbers[0], lid=LID, text="stop"),
            ]
            await host.hear_all(both)
            assert await suppressed(connection) == numbers[:1]
            # The person has another number: as two leads, of whom nobody guesses.
            await host.hear(devices[0], numbers[1], "my new number", "in-5", lid=LID)
        found = await connection.fetch("SELECT lid FROM lead ORDER BY id")
        assert [row["lid"] for row in found] == [LID, LID]
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 0


async def test_a_stop_that_matches_nobody_is_kept_and_told(database, dispatch):
    async with database.connection() as connection:
        devices, [lead], _ = await world(connection, devices=1, leads=1, steps=1)
        async with attached(dispatch) as host:
            await host.hear(devices[0], "", "stop", "in-1", lid=LID)
            await host.hear(devices[0], "", "hello", "in-2", lid="99")
            await host.hear(devices[0], "60129999999", "stop", "in-3")
        kept = await connection.fetch("SELECT lid, sender, meaning FROM quarantine ORDER BY inbound_id")
        assert [tuple(row) for row in kept] == [(LID, "", "stop"), ("99", "", "reply")]
        told = await connection.fetch(
            "SELECT lead_id, device_id, reason FROM event WHERE type = 'lead_replied' ORDER BY id"
        )
        assert [tuple(row) for row in told] == [(None, devices[0], "stop")] * 2
        # An operator says who it is; from then on the identity leads to the lead.
        number = await connection.fetchval("SELECT phone FROM lead")
        settings = PostgresSettings(postgres_dsn=database.owner_dsn)
        async with Postgres(settings, application="test") as postgres:
            store = QuarantineStore(postgres)
            [stop, _] = await store.listed(9)
            assert (stop.lid, stop.is_stop, stop.why) == (LID, True, "unknown identity")
            await store.stop(stop.id, number, HASHES)
        assert await suppressed(connection) == [number[1:]]
        assert await connection.fetchval("SELECT lid FROM lead WHERE id = $1", lead) == LID


async def test_an_identity_of_another_account_is_nobody(database, dispatch):
    async with database.connection() as connection:
        await world(connection, devices=1, leads=1, steps=1)
        await connection.execute("UPDATE lead SET lid = $1", LID)
        other = await rows.account(connection, slug="other")
        [strange] = await rows.devices(connection, other, 1)
        async with attached(dispatch) as host:
            await host.hear(strange, "", "stop", lid=LID)
        assert await suppressed(connection) == []
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 1
