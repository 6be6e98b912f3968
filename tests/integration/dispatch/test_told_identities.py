"""The network tells whom a message went to: a STOP that comes by that identity alone finds its person."""

from unittest import mock

import asyncpg

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.inbound.store import InboundStore
from services.dispatch.outcomes.store import OutcomeStore
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, world
from tests.integration.dispatch.test_identities import numbered, suppressed
from tests.support import rows

LID, NEWER = "123456789012345", "223456789012345"


async def sent(host, devices, **told) -> list[pb.OutgoingMessage]:
    """The next message of each device goes, and the network tells this of whoever gets it."""
    await host.ready(devices)
    messages = await host.messages(len(devices))
    await host.report(messages, ready=False, **told)
    return messages


async def lids(connection: asyncpg.Connection) -> list[tuple[str, list[str]]]:
    found = await connection.fetch("SELECT lid, former_lids FROM lead ORDER BY id")
    return [(row["lid"], row["former_lids"]) for row in found]


async def told_of(connection: asyncpg.Connection) -> list[tuple[int, str]]:
    found = await connection.fetch(
        "SELECT lead_id, reason FROM event WHERE type = 'lead_identified' ORDER BY id"
    )
    return sorted((row["lead_id"], row["reason"]) for row in found)


async def test_a_stop_by_identity_finds_somebody_who_never_wrote(database, dispatch):
    async with database.connection() as connection:
        devices, [lead], _ = await world(connection, devices=1, leads=1, steps=3)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            [first] = await sent(host, devices, lid=LID)
            # The host has lost the acknowledgement: the same once more changes nothing.
            await host.report([first], ready=False, lid=LID)
            [second] = await sent(host, devices)
            assert (first.lid, second.lid) == ("", LID)
            await host.hear(devices[0], "", "stop", lid=LID)
        assert len(await suppressed(connection)) == 1
        assert await connection.fetchval("SELECT count(*) FROM message WHERE state = 'suppressed'") == 1
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 0
        assert (await lids(connection), await told_of(connection)) == ([(LID, [])], [])
        heard = await connection.fetchrow("SELECT lead_id, kind FROM inbound")
        assert tuple(heard) == (lead, "stop")


async def test_a_stop_that_overtakes_the_outcome_counts_once_the_person_is_known(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=2, leads=1, steps=2)
        await connection.execute("UPDATE sequence SET on_reply = 'ignore'")
        await rows.stop_confirmation(connection, "Bye")
        async with attached(dispatch) as host, attached(dispatch) as stranger:
            await host.claim(ALL, 1)
            device = [await connection.fetchval("SELECT device_id FROM lead")]
            await host.ready(device)
            [message] = await host.messages(1)
            stranger.holds = True  # it says so, and has heard nothing
            await stranger.hear(devices[0], "", "stop", "in-0", lid=LID)
            await host.hear(devices[0], "", "hello", "in-1", lid=LID)
            assert await suppressed(connection) == []
            await host.report([message], ready=False, lid=LID)
            # What a host says that never held the device is for an operator alone.
            assert await suppressed(connection) == []
            assert await connection.fetchval("SELECT count(*) FROM quarantine") == 1
            await host.hear(devices[1], "", "stop", "in-2", lid=NEWER)
            await host.hear(devices[1], "", "start", "in-3", lid=NEWER)
            assert await suppressed(connection) == []
            [message] = await sent(host, device, lid=NEWER)
            assert message.lid == LID
            assert len(await suppressed(connection)) == 1
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 1
        # A stop of some time ago is not answered now.
        assert await connection.fetchval("SELECT count(*) FROM message WHERE is_confirmation") == 0


async def test_a_word_of_the_account_s_own_waits_as_a_stop(database, dispatch):
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=1, leads=1, steps=1)
        await connection.execute("UPDATE account SET stop_words = '{tschuess}'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.hear(devices[0], "", "Tschuess, please!", "in-1", lid=LID)
            told = "SELECT count(*) FROM event WHERE type = 'lead_replied' AND reason = 'stop'"
            assert await connection.fetchval(told) == 1
            await sent(host, devices, lid=LID)
        assert len(await suppressed(connection)) == 1


async def test_an_identity_that_changed_still_stops_and_restores_nobody(database, dispatch):
    async with database.connection() as connection:
        devices, [lead], _ = await world(connection, devices=1, leads=1, steps=3)
        await connection.execute("UPDATE sequence SET on_reply = 'ignore'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await sent(host, devices, lid=LID)
            await sent(host, devices, lid=NEWER)
            assert await lids(connection) == [(NEWER, [LID])]
            assert await told_of(connection) == [(lead, "changed")]
            await host.hear(devices[0], "", "stop", "in-1", lid=LID)
            assert len(await suppressed(connection)) == 1
            await host.hear(devices[0], "", "start", "in-2", lid=LID)
            assert len(await suppressed(connection)) == 1
            await host.hear(devices[0], "", "start", "in-3", lid=NEWER)
            assert await suppressed(connection) == []


async def test_an_identity_of_two_leads_is_told_and_not_guessed(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=2, leads=2, steps=2)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await sent(host, devices, lid=LID)
            assert await lids(connection) == [(LID, []), (LID, [])]
            assert await told_of(connection) == [(lead, "shared") for lead in people]
            await host.hear(devices[0], "", "stop", "in-1", lid=LID)
            both = await suppressed(connection)
            assert len(both) == 2
            await host.hear(devices[0], "", "start", "in-2", lid=LID)
            assert await suppressed(connection) == both
            # With a number it is that person's word.
            await host.hear(devices[0], both[0], "start", "in-3", lid=LID)
            assert await suppressed(connection) == both[1:]
            # And a stop with a number is the person's of both.
            await host.hear(devices[0], both[0], "stop", "in-4", lid=LID)
            assert await suppressed(connection) == both
            # Somebody who is no lead yet has the identity, too: the stop holds for that number, and for both.
            await host.hear(devices[0], both[0], "start", "in-5")
            await host.hear(devices[0], "60129999999", "stop", "in-6", lid=LID)
            assert await suppressed(connection) == both
            assert await connection.fetchval("SELECT count(*) FROM suppression") == 3


async def test_what_is_no_identity_of_the_recipient_is_not_kept(database, dispatch):
    async with database.connection() as connection:
        devices, [lead], _ = await world(connection, devices=1, leads=1, steps=4)
        await numbered(connection, lead, "5511987654321")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await sent(host, devices, lid="1" * 21, known_as="551198765432x")
            # A number of somebody else; a refusal tells nothing.
            await sent(host, devices, lid="x", known_as="5511987654322")
            assert await lids(connection) == [("", [])]
            [message] = await sent(host, devices, known_as="551187654321")
            assert message.recipient == "5511987654321"
            [message] = await sent(host, devices, known_as="5511987654321")
            assert message.recipient == "551187654321"
        assert await connection.fetchval("SELECT network_phone FROM lead") == ""


async def test_identities_cost_two_statements_a_batch_and_none_once_they_are_known(database, dispatch):
    count = 12
    async with database.connection() as connection:
        devices, *_ = await world(connection, devices=count, leads=count, steps=2)
        with (
            mock.patch.object(OutcomeStore, "learn", autospec=True, side_effect=OutcomeStore.learn) as learn,
            mock.patch.object(
                InboundStore, "waiting_for", autospec=True, side_effect=InboundStore.waiting_for
            ) as asked,
        ):
            async with attached(dispatch) as host:
                await host.claim(ALL, 1)
                await sent(host, devices, lid=LID)
                assert (learn.call_count, asked.call_count) == (1, 1)
                await sent(host, devices)
                assert (learn.call_count, asked.call_count) == (1, 1)
        # So many leads are no person: nobody is stopped by it.
        async with attached(dispatch) as host:
            await host.hear(devices[0], "", "stop", lid=LID)
        assert await suppressed(connection) == []
        assert await connection.fetchval("SELECT count(*) FROM quarantine WHERE meaning = 'stop'") == 1
