"""Attacked: what came of messages, and what people wrote, by a process that never held the device."""

import uuid
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.inbound import inbound
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import Host, attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.integration.dispatch.test_inbound import FIRST, kinds
from tests.support.eventually import eventually

SENT, REFUSED, AMBIGUOUS = pb.Outcome.RESULT_SENT, pb.Outcome.RESULT_REFUSED, pb.Outcome.RESULT_AMBIGUOUS


async def in_flight(host: Host, devices: list[int], count: int, epoch: int = 5) -> list[pb.OutgoingMessage]:
    """Messages that were handed to this host, one a device."""
    await host.claim(ALL, epoch)
    await host.ready(devices)
    return await host.messages(count)


async def paces(connection) -> list[tuple]:
    found = await connection.fetch(
        "SELECT device_id, in_flight_id, last_sent_at, sent_count FROM device_pace ORDER BY device_id"
    )
    return [tuple(row) for row in found]


FORGED: list[tuple[Any, dict[str, Any]]] = [
    (SENT, {}),
    (AMBIGUOUS, {}),
    (REFUSED, {"failure": pb.FAILURE_LOGGED_OUT}),
    (REFUSED, {"failure": pb.FAILURE_NOT_ON_WHATSAPP}),
    # Unreadable: what is in flight would be in doubt.
    (SENT, {"text_hash": b"x" * 99}),
    (77, {}),
]


async def test_a_stranger_s_outcomes_change_nothing(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        devices, _, _ = await world(connection, devices=12, leads=40)
        messages = await in_flight(host, devices, 12)
        before = await states(connection), await paces(connection)
        # Each kind for messages of its own: none hides behind the one before.
        for place, (result, changes) in enumerate(FORGED):
            async with attached(dispatch) as thief:
                await thief.report(messages[2 * place : 2 * place + 2], result, **changes)
            assert (await states(connection), await paces(connection)) == before, (result, changes)
            assert await connection.fetchval("SELECT count(*) FROM device WHERE state <> 'active'") == 0
        await host.report(messages, ready=False)
        assert await states(connection) == {"sent": 12, "pending": 28}


async def test_a_stranger_s_outcome_does_not_take_the_place_of_the_host_s(database):
    # Both wait in one batch.
    async with (
        replica(database, outcome_s=0.3) as dispatch,
        database.connection() as connection,
        attached(dispatch) as host,
        attached(dispatch) as thief,
    ):
        devices, _, _ = await world(connection, devices=1, leads=1)
        [message] = await in_flight(host, devices, 1)
        outcome = pb.Outcome(
            message_id=message.message_id,
            scheduled_at_us=message.scheduled_at_us,
            device_id=message.device_id,
            epoch=message.epoch,
            result=SENT,
        )
        await host.write(outcomes=pb.OutcomeFrame(frame_id=1, outcomes=[outcome]))
        outcome.result, outcome.failure = REFUSED, pb.FAILURE_BANNED
        await thief.write(outcomes=pb.OutcomeFrame(frame_id=1, outcomes=[outcome]))
        await thief.read("outcome_ack")
        await host.read("outcome_ack")
        assert await states(connection) == {"sent": 1}


async def identities(connection) -> list[str]:
    return [row["lid"] for row in await connection.fetch("SELECT DISTINCT lid FROM lead")]


async def test_a_message_is_of_the_device_that_it_was_handed_to(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host, attached(dispatch) as other:
        devices, _, _ = await world(connection, devices=2, leads=2)
        await connection.execute("UPDATE device SET shard = CASE id WHEN $1 THEN 1 ELSE 2 END", devices[0])
        await host.claim([1], 5)
        await other.claim([2], 5)
        await host.ready(devices[:1])
        [message] = await host.messages(1)
        # Its own device, and another's message.
        message.device_id = devices[1]
        await other.report([message], lid="77", ready=False)
        assert await states(connection) == {"handed": 1, "pending": 1}
        assert await identities(connection) == [""]


async def test_who_lost_the_lease_a_moment_ago_still_reports_what_it_sent(database, dispatch):
    incarnation = str(uuid.uuid4())
    async with database.connection() as connection, attached(dispatch) as successor:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        async with attached(dispatch, incarnation=incarnation) as host:
            messages = await in_flight(host, devices, 1)

        async def taken() -> bool:
            return {lease.status for lease in await successor.claim(ALL, 6)} == {pb.Lease.STATUS_GRANTED}

        await eventually(taken)
        await successor.ready(devices)

        async def is_unknown() -> bool:
            return await states(connection) == {"unknown": 1}

        await eventually(is_unknown)
        async with attached(dispatch, incarnation=incarnation) as host:
            await host.report(messages, ready=False)
            assert await states(connection) == {"sent": 1}
            host.holds = True  # no more; and claims nothing
            await host.hear(devices[0], FIRST, "stop")
        assert await kinds(connection) == ["stop"]


async def test_a_late_sent_counts_under_an_epoch_that_was_handed_to_that_host(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as first, attached(dispatch) as second:
        devices, _, _ = await world(connection, devices=4, leads=4)
        await first.claim(ALL, 4)
        await first.write(releases=pb.ReleaseFrame(claims=[pb.ShardClaim(shard=s, epoch=4) for s in ALL]))
        await first.read("leases")
        messages = await in_flight(second, devices, 4, 6)
        await connection.execute("UPDATE message SET state = 'unknown'")
        # It held the shard, but never this message; or it says an epoch of somebody else, or of nobody.
        for message, epoch in zip(messages, (4, 6, 7, 2**40), strict=True):
            message.epoch = epoch
            await first.report([message], ready=False, lid="77")
            assert await states(connection) == {"unknown": 4}, epoch
        assert await identities(connection) == [""]


async def test_a_stranger_s_stop_and_start_change_nothing_and_are_kept_apart(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host, attached(dispatch) as thief:
        devices, _, _ = await world(connection, devices=1, leads=1)
        thief.holds = True  # so it says
        await thief.hear(devices[0], FIRST, "stop", "in-1")
        assert await states(connection) == {"pending": 1}
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 0
        await host.claim(ALL, 5)
        await host.hear(devices[0], FIRST, "stop", "in-2")
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 1
        await thief.hear(devices[0], FIRST, "start", "in-3")
        assert await connection.fetchval("SELECT count(*) FROM suppression") == 1
        kept = await connection.fetch("SELECT folded, meaning FROM quarantine ORDER BY inbound_id")
        assert [tuple(row) for row in kept] == [("stop", "stop"), ("start", "start")]
        assert await kinds(connection) == ["stop"]


async def test_a_stranger_s_reply_does_not_take_the_place_of_a_real_one(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host, attached(dispatch) as thief:
        devices, _, _ = await world(connection, devices=1, leads=1)
        await host.claim(ALL, 5)
        thief.holds = True
        await thief.hear(devices[0], FIRST, "hello", "in-1")
        await host.hear(devices[0], FIRST, "stop", "in-1")
        assert await connection.fetchval("SELECT reason FROM suppression") == "stop_word"


async def test_a_stranger_cannot_fill_the_quarantine(database, monkeypatch):
    monkeypatch.setattr(inbound, "_MOST_OF_STRANGERS", 3)
    async with database.connection() as connection, replica(database) as dispatch:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host, attached(dispatch) as thief:
            await host.claim(ALL, 5)
            thief.holds = True
            for number in range(5):
                await thief.hear(devices[0], FIRST, "stop", f"in-{number}")
            assert await connection.fetchval("SELECT count(*) FROM quarantine") == 3
            # What a host of ours cannot attribute has no limit.
            await host.hear(devices[0], "", "stop", "in-9")
            await host.hear(devices[0], FIRST, "stop", "in-10")
        assert await connection.fetchval("SELECT count(*) FROM quarantine") == 4
        assert await connection.fetchval("SELECT reason FROM suppression") == "stop_word"
