"""What people write back: recorded once, and what follows from it."""

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support import rows
from tests.support.eventually import eventually

# `rows.leads` numbers them so.
FIRST, SECOND = "601200000001", "601200000002"


async def enrollments(connection) -> list[tuple[str, str]]:
    found = await connection.fetch("SELECT state, reason FROM enrollment ORDER BY id")
    return [tuple(row) for row in found]


async def kinds(connection) -> list[str]:
    return [
        row[0] for row in await connection.fetch("SELECT kind FROM inbound ORDER BY received_at, inbound_id")
    ]


async def events(connection, type_: str) -> int:
    return await connection.fetchval("SELECT count(*) FROM event WHERE type = $1", type_)


async def test_stop_ends_everything_of_that_person_and_of_nobody_else(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=1, leads=2, steps=3)
        account = await connection.fetchval("SELECT id FROM account")
        other = await rows.sequence(connection, account, 2, slug="warm")
        await rows.enrolled(connection, account, other, people[:1], first_in_s=600)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, " *Berhenti!* ")
            await host.hear(devices[0], FIRST, " *Berhenti!* ")  # received twice
            assert await states(connection) == {"suppressed": 5, "pending": 3}
            assert await enrollments(connection) == [
                ("stopped", "suppressed"),
                ("active", ""),
                ("stopped", "suppressed"),
            ]
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            assert message.recipient == SECOND
        assert await connection.fetchval("SELECT reason FROM suppression") == "stop_word"
        assert await kinds(connection) == ["stop"]
        assert [await events(connection, t) for t in ("lead_replied", "lead_suppressed")] == [1, 1]
        assert await events(connection, "message_changed") == 5


async def test_stop_holds_for_a_number_that_is_nobodys_yet(database, dispatch):
    async with database.connection() as connection:
        account = await rows.account(connection)
        devices = await rows.devices(connection, account, 1)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "stop")
        await rows.leads(connection, account, devices, 1)
        suppressed = await connection.fetchval(
            "SELECT count(*) FROM suppression s JOIN lead l USING (account_id, phone_hash)"
        )
        assert suppressed == 1


async def test_what_comes_back_refused_after_a_stop_is_not_handed_again(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.hear(devices[0], FIRST, "STOP")
            assert await states(connection) == {"handed": 1}
            await host.report([message], pb.Outcome.RESULT_NOT_SENT)

            async def suppressed():
                return await states(connection) == {"suppressed": 1}

            await eventually(suppressed)


async def test_start_takes_back_a_stop_word_and_nothing_else(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        account = await connection.fetchval("SELECT id FROM account")
        await connection.execute(
            "INSERT INTO suppression SELECT $1, phone_hash, 'complaint' FROM lead WHERE phone = $2",
            account,
            "+" + SECOND,
        )
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "stop", "in-1")
            await host.hear(devices[0], FIRST, "MULA", "in-2")
            await host.hear(devices[0], SECOND, "start", "in-3")
        left = await connection.fetch("SELECT reason FROM suppression")
        assert [row[0] for row in left] == ["complaint"]
        assert await events(connection, "lead_restored") == 1
        # What has ended stays so.
        assert (await states(connection))["suppressed"] == 1


async def test_a_reply_ends_the_sequence_by_default(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, steps=3)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "How much is it?")
        assert await states(connection) == {"cancelled": 3, "pending": 3}
        assert await enrollments(connection) == [("stopped", "replied"), ("active", "")]
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 0


async def test_a_reply_holds_the_sequence_where_it_says_so(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, steps=2)
        await connection.execute("UPDATE sequence SET on_reply = 'hold'")
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "ok")
            await host.hear(devices[0], FIRST, "ok?", "in-2")
            assert await enrollments(connection) == [("held", "replied"), ("active", "")]
            await host.claim(ALL, 1)
            await host.ready(devices)
            # All that is due goes, but for the held one's.
            for _ in range(2):
                [message] = await host.messages(1)
                assert message.recipient == SECOND
                await host.report([message])
            assert await states(connection) == {"pending": 2, "sent": 2}
            await host.hear(devices[0], FIRST, "stop", "in-3")
        assert await states(connection) == {"suppressed": 2, "sent": 2}
        assert (await enrollments(connection))[0] == ("stopped", "suppressed")


async def test_a_message_in_flight_when_its_sequence_is_held_waits_when_it_comes_back(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        await connection.execute("UPDATE sequence SET on_reply = 'hold'")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.hear(devices[0], message.recipient, "wait")
            await host.report([message], pb.Outcome.RESULT_NOT_SENT)
            [other] = await host.messages(1)
            assert other.recipient != message.recipient
            await host.report([other])
        assert await states(connection) == {"pending": 1, "sent": 1}


async def test_a_reply_is_ignored_where_the_sequence_that_spoke_says_so(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, steps=2)
        account = await connection.fetchval("SELECT id FROM account")
        # The second step is of another sequence, as in a chain.
        warm = await rows.sequence(connection, account, 1, slug="warm")
        await connection.execute(
            "UPDATE message SET step_id = (SELECT id FROM sequence_step WHERE sequence_id = $1)"
            " WHERE position = 2",
            warm,
        )
        await connection.execute("UPDATE sequence SET on_reply = 'ignore' WHERE slug = 'cold'")
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "ok")
            assert await states(connection) == {"pending": 2}
            await host.claim(ALL, 1)
            await host.ready(devices)
            for _ in range(2):
                await host.report(await host.messages(1))
            await connection.execute("UPDATE enrollment SET state = 'active'")
            await host.hear(devices[0], FIRST, "ok", "in-2")
        assert await enrollments(connection) == [("stopped", "replied")]


async def test_an_account_has_words_of_its_own(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        await connection.execute("UPDATE account SET stop_words = '{basta}', start_words = '{avanti}'")
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, "Basta!")
            await host.hear(devices[0], FIRST, "avanti", "in-2")
        assert await kinds(connection) == ["stop", "start"]
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 0


async def test_stop_and_start_in_one_frame_are_taken_in_their_order(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        said = ["stop", "start", "stop", "mula", "henti"]
        async with attached(dispatch) as host:
            inbound = [
                pb.Inbound(device_id=devices[0], inbound_id=str(n), sender=FIRST, text=text)
                for n, text in enumerate(said)
            ]
            await host.write(inbound=pb.InboundFrame(frame_id=9, inbound=inbound))
            assert (await host.read("inbound_ack")).frame_id == 9
        assert await kinds(connection) == ["stop", "start", "stop", "start", "stop"]
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 1


async def test_nothing_left_over_goes_to_somebody_who_was_removed(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            await host.messages(1)
            await connection.execute("UPDATE lead SET phone = 'erased-1', erased_at = now()")
            # It never arrived, says the credit: handed again, if the person were still there.
            await host.ready(devices)

            async def cancelled():
                return await states(connection) == {"cancelled": 1}

            await eventually(cancelled)
