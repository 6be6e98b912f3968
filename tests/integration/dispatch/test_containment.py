"""A host that sends what cannot be recorded: that one thing stops, and both replicas go on."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime import redis as connecting
from services.runtime.settings import RedisSettings
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.integration.dispatch.test_inbound import FIRST, SECOND, kinds
from tests.support.eventually import eventually
from tests.support.slowness import patient


async def quarantined(connection) -> list[tuple[str, str, str]]:
    found = await connection.fetch(
        "SELECT sender, folded, meaning FROM quarantine ORDER BY received_at, inbound_id"
    )
    return [tuple(row) for row in found]


async def hear(host, *inbound: pb.Inbound) -> None:
    """One frame with all of them; waits until it is acknowledged."""
    host.frames += 1
    await host.write(inbound=pb.InboundFrame(frame_id=host.frames, inbound=inbound))
    while (await host.read("inbound_ack")).frame_id != host.frames:
        pass


@pytest.mark.parametrize(
    ("text", "inbound_id"),
    [
        ("hi\0there", "in-1"),
        ("hello", "i" * 9000),
        ("hello", "in\0-1"),
        ("x" * 100_000, "in-1"),
    ],
    ids=["a NUL in the text", "an id of 9,000 characters", "a NUL in the id", "a text of 100,000 characters"],
)
async def test_a_reply_that_the_database_would_refuse_is_recorded_cleaned(
    database, dispatch, text, inbound_id
):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        async with attached(dispatch) as host:
            bad = pb.Inbound(device_id=devices[0], inbound_id=inbound_id, sender=FIRST, text=text)
            good = pb.Inbound(device_id=devices[0], inbound_id="in-2", sender=SECOND, text="stop")
            await hear(host, bad, good)
            await hear(host, bad)  # it is known again
        assert sorted(await kinds(connection)) == ["reply", "stop"]
        assert await quarantined(connection) == []


@pytest.mark.parametrize("words", ["STOP\0", "s\0top", "\x01Stop\x02!"])
async def test_a_stop_is_heard_through_what_nobody_sees(database, dispatch, words):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await host.hear(devices[0], FIRST, words)
        assert await connection.fetchval("SELECT reason FROM suppression") == "stop_word"
        assert await states(connection) == {"suppressed": 1}


async def test_what_is_nobodys_is_kept_apart_and_erased_with_the_person(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            await hear(
                host,
                pb.Inbound(device_id=2**40, inbound_id="in-1", sender=FIRST, text="stop"),
                pb.Inbound(device_id=999, inbound_id="in-2", sender=SECOND, text="good morning"),
                pb.Inbound(device_id=devices[0], inbound_id="in-3", sender="status", text="x" * 99),
                pb.Inbound(device_id=devices[0], inbound_id="in-4", sender=SECOND, text="hello"),
            )
        kept = [(FIRST, "stop", "stop"), (SECOND, "good morning", "reply"), ("", "", "reply")]
        assert sorted(await quarantined(connection)) == sorted(kept)
        assert await kinds(connection) == ["reply"]
        await connection.execute("UPDATE lead SET phone = 'gone', erased_at = now() WHERE id = $1", people[0])
        assert (FIRST, "stop", "stop") not in await quarantined(connection)


async def test_a_stop_that_cannot_be_recorded_suppresses_all_the_same(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        await connection.execute(
            "ALTER TABLE inbound ADD CONSTRAINT broken CHECK (inbound_id <> 'in-1') NOT VALID"
        )
        async with attached(dispatch) as host:
            await hear(
                host,
                pb.Inbound(device_id=devices[0], inbound_id="in-1", sender=FIRST, text="stop"),
                pb.Inbound(device_id=devices[0], inbound_id="in-2", sender=SECOND, text="hello"),
            )
        assert await quarantined(connection) == [(FIRST, "stop", "stop")]
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 1
        assert await kinds(connection) == ["reply"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scheduled_at_us": 2**62},
        {"device_id": 2**40},
        {"epoch": -1},
        {"message_id": -1},
        {"result": 77},
        {"text_hash": b"x" * 9000},
    ],
    ids=str,
)
async def test_an_outcome_that_cannot_be_read_is_ambiguous_and_the_device_goes_on(database, changes):
    async with database.connection() as connection, replica(database) as address, replica(database) as second:
        devices, _, _ = await world(connection, devices=2, leads=2)
        async with attached(address) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            first, other = sorted(await host.messages(2), key=lambda message: message.device_id)
            fields = {
                "message_id": first.message_id,
                "scheduled_at_us": first.scheduled_at_us,
                "device_id": first.device_id,
                "epoch": first.epoch,
                "result": pb.Outcome.RESULT_SENT,
                "ready": True,
            }
            good = pb.Outcome(
                message_id=other.message_id,
                scheduled_at_us=other.scheduled_at_us,
                device_id=other.device_id,
                epoch=other.epoch,
                result=pb.Outcome.RESULT_SENT,
            )
            outcomes = [pb.Outcome(**(fields | changes)), good]
            await host.write(outcomes=pb.OutcomeFrame(frame_id=1, outcomes=outcomes))
            assert (await host.read("outcome_ack")).frame_id == 1
            assert await states(connection) in ({"unknown": 1, "sent": 1}, {"handed": 1, "sent": 1})
            # It may have gone: it is repeated under its id, as after the death of a host.
            [again] = await host.messages(1)
            assert (again.message_id, again.repeat, again.wire_id) == (first.message_id, True, first.wire_id)
            await host.report([again])
        assert await states(connection) == {"sent": 2}
        assert (
            await connection.fetchval("SELECT count(*) FROM device_pace WHERE in_flight_id IS NOT NULL") == 0
        )
        async with attached(second) as host:
            assert host.welcome.shard_count


async def test_events_and_claims_out_of_range_leave_the_others_alone(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=2)
        async with attached(dispatch) as host:
            leases = await host.claim([*ALL, 2**20], 1)
            answers = {lease.shard: lease.status for lease in leases}
            # The host must not wait for the lease of a shard that cannot be.
            assert answers == dict.fromkeys(ALL, pb.Lease.STATUS_GRANTED) | {2**20: pb.Lease.STATUS_STALE}
            events = [
                pb.DeviceEvent(device_id=2**40, epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
                pb.DeviceEvent(device_id=devices[0], epoch=1, type=pb.DeviceEvent.TYPE_BANNED),
            ]
            await host.write(device_events=pb.DeviceEventFrame(events=events))
            await host.ready([2**40, -1, devices[1]])
            [message] = await host.messages(1)
            assert message.device_id == devices[1]

            async def parked() -> bool:
                state = "SELECT state FROM device WHERE id = $1"
                return await connection.fetchval(state, devices[0]) == "parked"

            await eventually(parked)


async def test_what_is_no_entry_in_redis_is_dropped_and_the_device_goes_on(database, dispatch, stack):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=2)
        shards = {row["id"]: row["shard"] for row in await connection.fetch("SELECT id, shard FROM device")}

        client = connecting.connect(RedisSettings(redis_url=stack.redis.url, redis_timeout_s=patient(5.0)))
        keys = [f"{database.prefix}:{{{shards[device]}}}:due:{device}" for device in devices]
        await client.zadd(keys[0], {"no number": 0, "99999999999999999999999:7": 1})
        await client.set(keys[1], "no sorted set")
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            messages = await host.messages(2)
            assert {message.device_id for message in messages} == set(devices)
        await client.aclose()
