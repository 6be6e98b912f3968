"""What came of messages: recorded once, whoever reports it and however often."""

import uuid

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support.eventually import eventually

REFUSED = pb.Outcome.RESULT_REFUSED


async def test_an_outcome_told_twice_counts_once(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message])
            await host.report([message])
        assert await states(connection) == {"sent": 1}
        assert await connection.fetchval("SELECT sent_count FROM device_pace") == 1
        assert await connection.fetchval("SELECT count(*) FROM event WHERE state = 'sent'") == 1


async def test_an_outcome_is_replayed_to_another_replica(database):
    incarnation = str(uuid.uuid4())
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        async with replica(database) as address, attached(address, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
        async with replica(database) as address, attached(address, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.report([message], ready=True)
            [other] = await host.messages(1)
            assert other.message_id != message.message_id
            await host.report([other])
        assert await states(connection) == {"sent": 2}


async def test_a_late_sent_of_an_older_epoch_is_believed(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await connection.execute("UPDATE message SET state = 'unknown', epoch = 2, attempts = 2")
            await host.report([message])
        assert await states(connection) == {"sent": 1}


async def test_a_late_refusal_of_an_older_epoch_is_not(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await connection.execute("UPDATE message SET epoch = 2")
            await host.report([message], REFUSED, failure=pb.FAILURE_INVALID_MESSAGE, ready=False)
        assert await states(connection) == {"handed": 1}
        # Nobody else would look after it.
        assert await connection.fetchval("SELECT in_flight_id FROM device_pace") == message.message_id


async def test_a_lead_without_an_account_gets_nothing_more(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, steps=4)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message], REFUSED, failure=pb.FAILURE_NOT_ON_WHATSAPP)
        assert await states(connection) == {"failed": 1, "cancelled": 3}
        row = await connection.fetchrow("SELECT state, reason FROM enrollment")
        assert tuple(row) == ("stopped", "not_on_whatsapp")


async def test_a_passing_failure_is_tried_again_until_it_is_final(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with replica(database, retry_s=0.02, attempts=3) as address, attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            for _ in range(3):
                [message] = await host.messages(1)
                await host.report([message], REFUSED, failure=pb.FAILURE_TRANSIENT)
        row = await connection.fetchrow("SELECT state::text, attempts, reason FROM message")
        assert tuple(row) == ("failed", 3, "too_many_attempts")


async def test_a_banned_device_keeps_its_messages(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=4)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices[:1])
            [message] = await host.messages(1)
            await host.report([message], REFUSED, failure=pb.FAILURE_BANNED)
            await host.ready(devices[1:])
            for _ in range(2):
                [other] = await host.messages(1)
                assert other.device_id == devices[1]
                await host.report([other])

            async def told_to_disconnect():
                frame = await host.read("devices")
                return [d.device_id for d in frame.devices if not d.connect] == [devices[0]]

            await eventually(told_to_disconnect)
        assert await states(connection) == {"pending": 2, "sent": 2}
        assert await connection.fetchval("SELECT state FROM device WHERE id = $1", devices[0]) == "parked"


async def test_a_hold_ends_by_itself(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message], REFUSED, failure=pb.FAILURE_TEMPORARY_BAN, hold_s=1)
            assert await connection.fetchval("SELECT state FROM device") == "held"
            [again] = await host.messages(1, within_s=15)
            await host.report([again])

            async def active():
                return await connection.fetchval("SELECT state FROM device") == "active"

            await eventually(active)
        assert await states(connection) == {"sent": 1}


async def test_the_session_a_successor_replaced_does_not_park_the_device(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await connection.execute("UPDATE shard_lease SET epoch = 2")
            await host.report([message], REFUSED, failure=pb.FAILURE_REPLACED, ready=False)
        assert await connection.fetchval("SELECT state FROM device") == "active"


async def test_no_answer_is_repeated_under_the_same_id(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [message] = await host.messages(1)
            await host.report([message], pb.Outcome.RESULT_AMBIGUOUS)
            assert await states(connection) == {"unknown": 1}
            [again] = await host.messages(1)
            assert (again.wire_id, again.repeat) == (message.wire_id, True)
            await host.report([again])
        assert await states(connection) == {"sent": 1}
