"""What the network tells of messages that it took: never backwards, whenever, however often, by whomever."""

import time

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from tests.integration.dispatch.conftest import replica
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support.eventually import eventually

DELIVERED, READ = pb.Receipt.KIND_DELIVERED, pb.Receipt.KIND_READ


def receipt(message, kind=DELIVERED, **fields) -> pb.Receipt:
    given = {"device_id": message.device_id, "wire_id": message.wire_id, "kind": kind} | fields
    return pb.Receipt(**given)


async def handed(connection, host, **options):
    """One message, handed and not answered."""
    devices, _, _ = await world(connection, **({"devices": 1, "leads": 1} | options))
    await host.claim(ALL, 1)
    await host.ready(devices)
    [message] = await host.messages(1)
    return message


async def steps(connection) -> tuple[int, int, int]:
    row = await connection.fetchrow(
        "SELECT sum(sent)::int, sum(delivered)::int, sum(read)::int FROM delivery_change"
    )
    return tuple(row)


async def events(connection) -> list[str]:
    rows = await connection.fetch("SELECT state FROM event WHERE type = 'message_changed' ORDER BY xid, id")
    return [row["state"] for row in rows]


async def test_a_message_is_delivered_and_then_read_and_never_goes_back(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.report([message], text_hash=b"12345678")
        told = [DELIVERED, DELIVERED, READ, DELIVERED, READ]
        became: list[str] = []
        for kind in told:
            await host.tell(receipt(message, kind))
            became += await states(connection)
        assert became == ["delivered", "delivered", "read", "read", "read"]
        assert await events(connection) == ["sent", "delivered", "read"]
        assert await steps(connection) == (1, 1, 1)


async def test_of_two_in_one_frame_the_later_step_counts_once(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.report([message])
        await host.tell(receipt(message, READ), receipt(message, DELIVERED))
        assert await states(connection) == {"read": 1}
        assert (await events(connection), await steps(connection)) == (["sent", "read"], (1, 1, 1))


@pytest.mark.parametrize(
    "result", [pb.Outcome.RESULT_SENT, pb.Outcome.RESULT_AMBIGUOUS, pb.Outcome.RESULT_REFUSED]
)
async def test_a_receipt_ahead_of_the_outcome_settles_the_message_for_good(database, dispatch, result):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host, leads=2)
        await host.tell(receipt(message))
        pace = await connection.fetchrow("SELECT in_flight_id, sent_count, last_sent_at FROM device_pace")
        assert (pace["in_flight_id"], pace["sent_count"]) == (None, 1)
        assert pace["last_sent_at"] is not None
        text_hash = b"" if result == pb.Outcome.RESULT_REFUSED else b"12345678"
        await host.report([message], result, text_hash=text_hash, failure=pb.FAILURE_TRANSIENT)
        # The next message goes, and this one neither again nor back.
        [other] = await host.messages(1)
        assert other.message_id != message.message_id
        await host.report([other])
        row = await connection.fetchrow("SELECT * FROM message WHERE id = $1", message.message_id)
        assert (row["state"], row["reason"], row["text_hash"]) == ("delivered", None, text_hash or None)
        assert row["sent_at"] is not None
        assert await connection.fetchval("SELECT sent_count FROM device_pace") == 2
        assert (await events(connection), await steps(connection)) == (
            ["sent", "delivered", "sent"],
            (2, 1, 0),
        )
        assert await connection.fetchval("SELECT count(*) FROM enrollment WHERE state = 'finished'") == 2


# A state in which a message may be that was handed once, and what decided so.
GUESSES = [
    ("unknown", "no_answer"),
    ("pending", "resend"),
    ("failed", "gave_up"),
    ("cancelled", "stopped"),
    ("suppressed", "suppressed"),
    ("expired", "late"),
]


@pytest.mark.parametrize(("state", "reason"), GUESSES)
async def test_what_arrived_was_sent_whatever_was_decided_meanwhile(database, dispatch, state, reason):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host, transport="neonize")
        await host.report([message], pb.Outcome.RESULT_AMBIGUOUS, ready=False)
        await connection.execute("UPDATE message SET state = $1, reason = $2", state, reason)
        await host.tell(receipt(message, READ, at_us=int(time.time() * 1e6)))
        row = await connection.fetchrow("SELECT state::text, reason, sent_at IS NOT NULL FROM message")
        assert tuple(row) == ("read", None, True)
        assert await connection.fetchval("SELECT state FROM enrollment") == "finished"
        assert (await steps(connection), (await events(connection))[-2:]) == ((1, 1, 1), ["sent", "read"])
        await host.report([message])
        assert await connection.fetchval("SELECT sent_count FROM device_pace") == 1


async def test_one_that_was_lost_in_flight_is_settled_at_its_new_host(database):
    async with database.connection() as connection, replica(database, term_s=1.0) as dispatch:
        async with attached(dispatch) as lost:
            message = await handed(connection, lost, leads=2)
        async with attached(dispatch) as host:

            async def granted() -> bool:
                return {lease.status for lease in await host.claim(ALL, 2)} == {pb.Lease.STATUS_GRANTED}

            await eventually(granted)
            await host.tell(receipt(message))
            await host.ready([message.device_id])
            [other] = await host.messages(1)
            assert other.message_id != message.message_id
        assert await states(connection) == {"delivered": 1, "handed": 1}


async def test_who_never_sent_it_tells_nothing(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.report([message])
        other = await connection.fetchval("SELECT id + 1 FROM device")
        unhanded = await connection.fetchval(
            "INSERT INTO message (lead_id, account_id, device_id, scheduled_at)"
            " SELECT lead_id, account_id, device_id, now() + interval '1 hour' FROM message"
            " RETURNING (SELECT wire_id(cluster.id, message.id) FROM cluster)"
        )
        async with attached(dispatch) as stranger:
            stranger.holds = True  # it never did
            await stranger.tell(receipt(message))
        await host.tell(
            receipt(message, device_id=other),
            receipt(message, device_id=-1),
            receipt(message, wire_id="3EB0" + "0" * 18),
            receipt(message, wire_id="nothing of ours"),
            receipt(message, wire_id=unhanded),
            receipt(message, kind=pb.Receipt.KIND_UNSPECIFIED),
            receipt(message, kind=9),
        )
        assert await states(connection) == {"sent": 1, "pending": 1}
        # Those that were bad stopped themselves alone.
        await host.tell(receipt(message, wire_id=""), receipt(message))
        assert await states(connection) == {"delivered": 1, "pending": 1}


async def test_a_message_that_was_due_long_ago_is_found(database, dispatch):
    async with database.connection() as connection, attached(dispatch) as host:
        message = await handed(connection, host)
        await host.report([message])
        await connection.execute("SELECT ensure_partitions(now() - interval '70 days', now())")
        await connection.execute("UPDATE message SET scheduled_at = scheduled_at - interval '63 days'")
        await host.tell(receipt(message, READ))
        assert await states(connection) == {"read": 1}
