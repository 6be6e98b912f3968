"""The hand: what goes out, to whom, and what is refused."""

import time
import uuid

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.support import rows
from tests.support.database import SHARDS
from tests.support.eventually import eventually

ALL = range(SHARDS)


async def world(connection, *, devices=3, leads=3, steps=1, **options):
    account = await rows.account(connection)
    found = await rows.devices(connection, account, devices, **options)
    people = await rows.leads(connection, account, found, leads)
    plan = await rows.sequence(connection, account, steps)
    messages = await rows.enrolled(connection, account, plan, people)
    return found, people, messages


async def states(connection) -> dict[str, int]:
    found = await connection.fetch("SELECT state::text, count(*) FROM message GROUP BY 1")
    return {row[0]: row[1] for row in found}


async def test_each_due_message_is_handed_once_and_recorded(database, dispatch):
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=3, leads=30)
        async with attached(dispatch) as host:
            leases = await host.claim(ALL, 1)
            assert {lease.status for lease in leases} == {pb.Lease.STATUS_GRANTED}
            await host.ready(devices)
            seen: list[int] = []
            while len(seen) < 30:
                batch = await host.messages(1)
                assert len({m.device_id for m in batch}) == len(batch)
                seen += [m.message_id for m in batch]
                await host.report(batch, text_hash=b"12345678")
            assert sorted(seen) == sorted(messages)
        assert await states(connection) == {"sent": 30}
        assert await connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'finished'") == 30
        assert (
            await connection.fetchval("SELECT count(*) FROM device_pace WHERE in_flight_id IS NOT NULL") == 0
        )


async def test_message_carries_text_recipient_and_wire_id(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            frame = await host.read("messages")
            [message] = frame.messages
            assert frame.templates[0].text == "Hello {name}, this is 1"
            assert message.recipient == "601200000001"
            assert message.name == "Lead 1"
            assert message.wire_id.startswith("3EB0")
            assert len(message.wire_id) == 22


async def test_nothing_is_handed_without_a_credit(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=4)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices[:1])
            [first] = await host.messages(1)
            assert first.device_id == devices[0]
            assert (await states(connection))["handed"] == 1
            await host.report([first], ready=False)
            await host.ready(devices[1:])
            [second] = await host.messages(1)
            assert second.device_id == devices[1]


async def test_suppressed_lead_is_refused_in_the_hand(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=1, leads=3)
        await connection.execute(
            "INSERT INTO suppression (account_id, phone_hash)"
            " SELECT account_id, phone_hash FROM lead WHERE id = $1",
            people[0],
        )
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            for _ in range(2):
                batch = await host.messages(1)
                await host.report(batch)
        assert await states(connection) == {"suppressed": 1, "sent": 2}


async def test_stopped_enrollment_and_paused_campaign(database, dispatch):
    async with database.connection() as connection:
        devices, people, messages = await world(connection, devices=1, leads=3)
        await connection.execute("UPDATE enrollment SET state = 'stopped' WHERE lead_id = $1", people[0])
        account = await connection.fetchval("SELECT id FROM account")
        campaign = await connection.fetchval(
            "INSERT INTO campaign (account_id, state) VALUES ($1, 'paused') RETURNING id", account
        )
        await connection.execute("UPDATE message SET campaign_id = $1 WHERE id = $2", campaign, messages[1])
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [only] = await host.messages(1)
            assert only.message_id == messages[2]
            await host.report([only])
            await connection.execute("UPDATE campaign SET state = 'running'")
            [resumed] = await host.messages(1)
            assert resumed.message_id == messages[1]
            await host.report([resumed])
        assert await states(connection) == {"cancelled": 1, "sent": 2}


async def test_steps_of_a_lead_keep_their_order(database, dispatch):
    async with database.connection() as connection:
        devices, _, messages = await world(connection, devices=1, leads=1, steps=3)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            seen: list[int] = []
            [first] = await host.messages(1)
            # Refused for now: the later steps must wait for it.
            await host.report([first], pb.Outcome.RESULT_NOT_SENT)
            while len(seen) < 3:
                batch = await host.messages(1)
                seen += [m.message_id for m in batch]
                await host.report(batch)
            assert seen == messages


async def test_gap_between_sends_survives_a_new_replica(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, min_s=1.0, max_s=1.0)
        incarnation = str(uuid.uuid4())
        async with replica(database) as address, attached(address, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
            accepted_at = time.monotonic()
            await host.report([first])
        async with replica(database) as address, attached(address, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [second] = await host.messages(1)
            # The host waits the rest, less what the way to the network may take.
            assert time.monotonic() - accepted_at + second.wait_ms / 1000 >= 0.95


async def test_daily_cap_holds(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=3, daily_cap=2)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            for _ in range(2):
                await host.report(await host.messages(1))

            async def refused() -> bool:
                return (await states(connection)) == {"sent": 2, "pending": 1}

            await eventually(refused, what="two sent, one waiting")


async def test_takeover_repeats_what_was_in_flight_under_the_same_wire_id(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
        async with attached(dispatch) as successor:
            [held, *_] = await successor.claim(ALL, 2)
            assert held.status == pb.Lease.STATUS_HELD

            async def granted():
                leases = await successor.claim(ALL, 2)
                return {lease.status for lease in leases} == {pb.Lease.STATUS_GRANTED}

            await eventually(granted, every_s=0.2)
            await successor.ready(devices)
            [again] = await successor.messages(1)
            assert (again.message_id, again.wire_id, again.repeat) == (first.message_id, first.wire_id, True)
            await successor.report([again])
        assert await states(connection) == {"sent": 1}


async def test_takeover_without_repeat_is_honestly_unknown(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2, transport="neonize")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
        async with attached(dispatch) as successor:

            async def granted():
                leases = await successor.claim(ALL, 2)
                return {lease.status for lease in leases} == {pb.Lease.STATUS_GRANTED}

            await eventually(granted, every_s=0.2)
            await successor.ready(devices)
            [other] = await successor.messages(1)
            assert other.message_id != first.message_id
            await successor.report([other])
        assert await states(connection) == {"sent": 1, "unknown": 1}


async def test_message_lost_between_hand_and_host_is_handed_again_to_the_same_incarnation(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        incarnation = str(uuid.uuid4())
        async with attached(dispatch, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [first] = await host.messages(1)
        async with attached(dispatch, incarnation=incarnation) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            [again] = await host.messages(1)
            assert (again.message_id, again.repeat) == (first.message_id, False)
            await host.report([again])
        assert await states(connection) == {"sent": 1}


async def test_redis_away_changes_nothing_but_speed(database):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=3, leads=12)
        async with replica(database, redis_url="redis://127.0.0.1:1/0") as address, attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            count = 0
            while count < 12:
                batch = await host.messages(1)
                count += len(batch)
                await host.report(batch)
        assert await states(connection) == {"sent": 12}
