"""What WatchOverview says is what the rows say."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from gateway.events.place import Place
from gateway.overview import tally
from gateway.overview.store import LAST, OverviewStore
from gateway.overview.tally import Tally
from kompang.v1 import messages_pb2, overview_pb2, overview_pb2_grpc
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.integration.gateway.mesh import Client, Gateway, refusal
from tests.integration.gateway.test_queries import statement
from tests.support import rows
from tests.support.slowness import patient

SLOW_S = patient(30)

# An event so long ago.
_EVENT = """
INSERT INTO event (at, account_id, type, message_id, lead_id, device_id, state, reason)
SELECT $1::timestamptz, $2, $3, m, m, 1, $4, '' FROM unnest($5::bigint[]) m
"""
_CHANGED = "message_changed"


class Log:
    """Writes events, each call one transaction."""

    def __init__(self, connection: Any, account_id: int = 1) -> None:
        self._connection, self._account_id = connection, account_id

    async def wrote(self, state: str, count: int, *, ago: str = "0 s", type: str = _CHANGED) -> None:  # noqa: A002
        at = await self._connection.fetchval("SELECT now() - $1::text::interval", ago)
        messages = list(range(1, count + 1))
        await self._connection.execute(_EVENT, at, self._account_id, type, state, messages)


@pytest.fixture
async def connection(gateway: Gateway, acme: Client):
    async with gateway.database.connection() as opened:
        await opened.execute("SELECT ensure_partitions(now() - interval '9 days', now())")
        await make_noon(opened)
        yield opened


async def make_noon(connection: Any) -> None:
    """It is noon where the accounts are, whenever the test runs: their day does not change meanwhile."""
    hours = await connection.fetchval("SELECT 12 - extract(hour FROM now() AT TIME ZONE 'UTC')::int")
    await connection.execute("UPDATE account SET timezone = $1", f"Etc/GMT{-hours:+d}" if hours else "UTC")


async def overview(acme: Client, name: str = "accounts/-") -> overview_pb2.Overview:
    """The first with all of the day in it."""
    stub = overview_pb2_grpc.OverviewServiceStub(acme.channel)
    call = stub.WatchOverview(
        overview_pb2.WatchOverviewRequest(name=name), metadata=acme.metadata, timeout=SLOW_S
    )
    try:
        async for response in call:
            if response.overview.counted:
                return response.overview
    finally:
        call.cancel()
    raise AssertionError


def counts(shown: overview_pb2.Overview) -> dict[str, int]:
    return {messages_pb2.Message.State.Name(one.state)[6:].lower(): one.message_count for one in shown.today}


async def test_an_account_without_anything(acme: Client) -> None:
    shown = await overview(acme)
    assert (shown.devices.total, shown.send_rate, shown.due_count, shown.unknown_count) == (0, 0.0, 0, 0)
    assert [*shown.today, *shown.campaigns, *shown.events] == []


async def test_what_has_not_arrived_is_summed(acme: Client, connection: Any) -> None:
    await rows.devices(connection, 1, 3)
    await connection.execute(
        "INSERT INTO device_delivery (device_id, accepted, undelivered, is_poor)"
        " SELECT id, 10 * id, id, id = 2 FROM device"
    )
    shown = await overview(acme)
    assert (shown.accepted_count, shown.undelivered_count, shown.undelivering_device_count) == (60, 6, 1)


async def test_devices_are_counted_by_what_they_do(acme: Client, connection: Any) -> None:
    await rows.devices(connection, 1, 7, min_s=3600, max_s=3600)
    await connection.execute(
        "INSERT INTO host (incarnation, host_id, consul_session, stream, expires_at)"
        " VALUES (gen_random_uuid(), 'h', '', 1, now() + interval '1 h')"
    )
    await connection.execute("DELETE FROM shard_lease")
    await connection.execute(
        "INSERT INTO shard_lease (shard, epoch, incarnation)"
        " SELECT shard, 1, incarnation FROM device, host WHERE device.id < 7"
    )
    await connection.execute(
        "UPDATE device_pace SET in_flight_id = 5, in_flight_at = now() WHERE device_id = 2"
    )
    await connection.execute("UPDATE device_pace SET last_sent_at = now() WHERE device_id = 3")
    await connection.execute(
        "UPDATE device_pace SET last_sent_at = now() - interval '2 h' WHERE device_id = 1"
    )
    await connection.execute(
        "UPDATE device SET state = 'held', held_until = now() + interval '1 h' WHERE id = 4"
    )
    await connection.execute(
        "UPDATE device SET state = 'held', held_until = now() - interval '1 h' WHERE id = 5"
    )
    await connection.execute("UPDATE device SET state = 'parked' WHERE id = 6")
    told = (await overview(acme)).devices
    assert (told.ready, told.sending, told.pacing, told.held, told.parked, told.hostless) == (
        2,
        1,
        1,
        1,
        1,
        1,
    )
    assert told.total == 7


async def test_the_day_and_the_minute_are_counted_from_the_events(
    acme: Client, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So small that every count crosses pieces.
    monkeypatch.setattr(tally, "_PIECE", 3)
    log = Log(connection)
    await log.wrote("sent", 5, ago="8 days")
    await log.wrote("sent", 7, ago="14 h")
    await log.wrote("delivered", 11, ago="9 h")
    await log.wrote("sent", 13, ago="61 min")
    await log.wrote("failed", 2, ago="59 min")
    await log.wrote("sent", 30, ago="10 s")
    await Log(connection, 2).wrote("sent", 100, ago="5 s")
    shown = await overview(acme)
    assert counts(shown) == {"sent": 43, "delivered": 11, "failed": 2}
    assert shown.send_rate == 0.5


async def test_every_event_is_counted_once_however_it_comes(
    acme: Client, connection: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_PIECE", 4)
    log = Log(connection)
    for minutes in range(1, 40):
        await log.wrote("sent", 3, ago=f"{10 * (40 - minutes)} min")
    async with Postgres(
        PostgresSettings(postgres_dsn=gateway.database.dsn("gateway")), application="test"
    ) as postgres:
        store = OverviewStore(postgres)
        counting = Tally(store, 1)
        # No time for the day: what is new must not wait for it.
        monkeypatch.setattr(tally, "_MOST_S", 0.0)
        for expected in (2, 4, 6):
            await log.wrote("read", 2)
            devices = await store.devices(1)
            await counting.look(devices.at, devices.day_at)
            assert (counting.states["read"], counting.is_whole) == (expected, False)
        monkeypatch.setattr(tally, "_MOST_S", 60.0)
        # One that was under way all the time is counted when it is over, though its place is an earlier one.
        async with gateway.database.connection() as slow:
            begun = slow.transaction()
            await begun.start()
            await Log(slow).wrote("expired", 1)
            await log.wrote("read", 1)
            await counting.look(devices.at, devices.day_at)
            assert (counting.states["expired"], counting.states["read"]) == (0, 6)
            await begun.commit()
        await counting.look(devices.at, devices.day_at)
        assert counting.is_whole
        assert counting.states == {"sent": 117, "read": 7, "expired": 1}
        # The day after begins at nothing.
        tomorrow = devices.at.replace(year=devices.at.year + 1)
        await counting.look(devices.at, tomorrow)
        assert not counting.states


async def test_a_place_is_found_before_a_moment_and_near_it(gateway: Gateway, connection: Any) -> None:
    log = Log(connection)
    for hours in range(9 * 24, 0, -1):
        await log.wrote("sent", 1, ago=f"{hours} h")
    settings = PostgresSettings(postgres_dsn=gateway.database.dsn("gateway"))
    async with Postgres(settings, application="test") as postgres:
        store = OverviewStore(postgres)
        for hours in (1, 5, 30, 24 * 8):
            at = await connection.fetchval("SELECT now() - make_interval(hours => $1, mins => 30)", hours)
            place = await store.place_at(1, at)
            piece = await store.piece(1, place, LAST, 1000, at, at)
            assert sum(piece.states.values()) == hours
            # Behind it lies nothing that is much older: that is what it is looked for. Partitions of the
            # weeks before are not read in any case.
            older = (
                "SELECT count(*) FROM event WHERE xid > $1::text::xid8 AND at < $2"
                " AND at >= date_trunc('week', $2::timestamptz - interval '1 min', 'UTC')"
            )
            assert await connection.fetchval(older, str(place.xid), at) <= 1


async def test_the_minute_goes_back_beyond_the_day(gateway: Gateway, connection: Any) -> None:
    log = Log(connection)
    await log.wrote("sent", 4, ago="30 s")
    await log.wrote("sent", 2, ago="10 s")
    settings = PostgresSettings(postgres_dsn=gateway.database.dsn("gateway"))
    async with Postgres(settings, application="test") as postgres:
        now = await connection.fetchval("SELECT max(at) FROM event")
        day_at, minute_at = now - timedelta(seconds=5), now - timedelta(seconds=60)
        piece = await OverviewStore(postgres).piece(1, Place(0, 0), LAST, 100, day_at, minute_at)
    assert (piece.states["sent"], sum(piece.sends.values())) == (2, 6)


async def test_due_messages_are_counted_up_to_a_bound(acme: Client, connection: Any) -> None:
    [first, second] = await rows.devices(connection, 1, 2)
    plan = await rows.sequence(connection, 1, 2)
    people = await rows.leads(connection, 1, [second], 17)
    await connection.execute("UPDATE lead SET device_id = $1 WHERE id = ANY ($2)", first, people[:3])
    await rows.enrolled(connection, 1, plan, people, first_in_s=-60, apart_s=3600)
    shown = await overview(acme)
    assert (shown.due_count, shown.due_more) == (13, True)
    # A backlog of millions must not be read: one more than is counted is enough.
    plan = await connection.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) " + statement("overview", "due"), 1, 3)
    assert 0 < _most_rows(json.loads(plan)[0]["Plan"]) <= 4
    await connection.execute(
        "UPDATE message SET not_before = now() + interval '1 h' WHERE device_id = $1", second
    )
    shown = await overview(acme)
    assert (shown.due_count, shown.due_more) == (3, False)
    # Deferred until a minute ago, and no host is there to whose cursor they come back.
    await connection.execute(
        "UPDATE device_pace SET cursor_at = now(), back_to = now() - interval '2 min',"
        " back_at = now() - interval '1 min' WHERE device_id = $1",
        first,
    )
    assert (await overview(acme)).due_count == 3


def _most_rows(plan: dict[str, Any]) -> float:
    """The most that a look at one device read of its messages."""
    own = plan["Actual Rows"] if plan.get("Relation Name", "").startswith("message") else 0
    return max([own, *map(_most_rows, plan.get("Plans", ()))])


async def test_what_waits_for_a_person_is_counted(acme: Client, connection: Any) -> None:
    devices = await rows.devices(connection, 1, 1)
    plan = await rows.sequence(connection, 1, 3)
    people = await rows.leads(connection, 1, devices, 1)
    await rows.enrolled(connection, 1, plan, people, first_in_s=-7200, apart_s=60)
    await connection.execute("UPDATE message SET state = 'unknown' WHERE id IN (1, 2)")
    await Log(connection).wrote("unknown", 3)
    assert (await overview(acme)).unknown_count == 2
    # One is being repeated.
    await connection.execute("UPDATE device_pace SET in_flight_id = 1, in_flight_at = now()")
    assert (await overview(acme)).unknown_count == 1
    await connection.execute("INSERT INTO campaign (account_id, state) VALUES (1, 'cancelled')")
    await connection.execute("INSERT INTO campaign_count VALUES (1, 'unknown', 5), (1, 'pending', 9)")
    shown = await overview(acme)
    assert (shown.unknown_count, shown.planned_count) == (6, 0)


async def test_open_campaigns_are_shown_with_their_counts(acme: Client, connection: Any) -> None:
    for state in ("draft", "finished", *["running"] * 12, "paused"):
        await connection.execute("INSERT INTO campaign (account_id, state, text) VALUES (1, $1, 'Hi')", state)
    await connection.execute(
        "INSERT INTO campaign_count VALUES (15, 'sent', 4), (14, 'pending', 3), (3, 'pending', 2)"
    )
    await connection.execute("INSERT INTO campaign_change VALUES (15, 'sent', 'read', 1)")
    shown = await overview(acme)
    assert [each.name for each in shown.campaigns] == [f"campaigns/{n}" for n in range(15, 5, -1)]
    assert shown.campaign_count == 13
    assert shown.planned_count == 5
    told = {one.state: one.message_count for one in shown.campaigns[0].progress.counts}
    assert told == {messages_pb2.Message.STATE_SENT: 3, messages_pb2.Message.STATE_READ: 1}
    assert not shown.campaigns[0].text


async def test_the_last_events_are_those_that_are_not_everyday(acme: Client, connection: Any) -> None:
    log = Log(connection)
    await log.wrote("held", 1, type="device_changed", ago="30 min")
    await log.wrote("sent", 50, ago="20 min")
    await log.wrote("failed", 1, ago="10 min")
    await log.wrote("read", 50)
    shown = await overview(acme)
    assert [each.type for each in shown.events] == [1, 2]
    assert shown.events[0].message_state == messages_pb2.Message.STATE_FAILED
    await log.wrote("failed", 20)
    shown = await overview(acme)
    assert [each.message for each in shown.events] == [f"messages/{n}" for n in range(20, 10, -1)]


async def test_nobody_sees_another_account(acme: Client, other: Client, connection: Any) -> None:
    await Log(connection).wrote("sent", 5)
    await rows.devices(connection, 1, 2)
    assert (await overview(acme, "accounts/acme")).devices.total == 2
    shown = await overview(other)
    assert (shown.devices.total, counts(shown)) == (0, {})
    assert (await refusal(overview(other, "accounts/acme"))).reason == "NOT_FOUND"


async def test_a_watch_ends_when_the_gateway_drains(acme: Client, gateway: Gateway) -> None:
    stub = overview_pb2_grpc.OverviewServiceStub(acme.channel)
    request = overview_pb2.WatchOverviewRequest(name="accounts/-")

    async def followed() -> None:
        async for _ in stub.WatchOverview(request, metadata=acme.metadata, timeout=SLOW_S):
            gateway.life.drain()

    refused = await asyncio.wait_for(refusal(followed()), SLOW_S)
    assert refused.reason == "UNAVAILABLE"
