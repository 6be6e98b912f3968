"""Events: in the order of their commits, each exactly once, whatever happens to the stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import grpc
import pytest

from gateway.events import place as places
from gateway.events.hub import Hub
from gateway.events.place import Place
from gateway.events.store import EventStore
from gateway.tokens import Tokens
from kompang.v1 import events_pb2 as pb
from kompang.v1 import leads_pb2, messages_pb2
from services.runtime.errors import ResourceExhausted
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from services.runtime.secret import RootSecret
from services.runtime.settings import PostgresSettings
from tests.integration.gateway.mesh import Client, Gateway, lead, refusal, running, unpacked
from tests.support.secret import SECRET
from tests.support.slowness import patient

TIMEOUT_S = patient(10.0)


class Reader:
    """One WatchEvents call; remembers the last token."""

    def __init__(self, client: Client, token: str = "", types: tuple[int, ...] = ()) -> None:
        request = pb.WatchEventsRequest(resume_token=token, types=types)  # type: ignore[arg-type]
        self._call = client.events.WatchEvents(request, metadata=client.metadata)
        self.token = token

    async def response(self) -> pb.WatchEventsResponse:
        got: Any = await asyncio.wait_for(self._call.read(), TIMEOUT_S)
        if got is grpc.aio.EOF:
            raise AssertionError(await self._call.code())
        self.token = got.resume_token
        return cast("pb.WatchEventsResponse", got)

    async def leads(self, count: int) -> list[str]:
        """The leads of the next so many events."""
        found: list[str] = []
        while len(found) < count:
            found += [event.lead for event in (await self.response()).events]
        return found

    def close(self) -> None:
        self._call.cancel()


@asynccontextmanager
async def reading(client: Client, token: str = "", types: tuple[int, ...] = ()) -> AsyncIterator[Reader]:
    """A stream whose first response was read: it is live."""
    reader = Reader(client, token, types)
    first = await reader.response()
    assert not first.events
    assert first.resume_token
    try:
        yield reader
    finally:
        reader.close()


async def happen(connection: asyncpg.Connection, *lead_ids: int, account_id: int = 1) -> None:
    await connection.execute(
        "INSERT INTO event (account_id, type, lead_id) SELECT $1, 'lead_enrolled', unnest($2::bigint[])",
        account_id,
        lead_ids,
    )


async def test_a_suppression_is_seen_as_it_happens(acme: Client, other: Client) -> None:
    await acme.linked(1)
    made = await acme.upserted(lead(1))
    async with reading(acme) as reader, reading(other) as foreign:
        request = leads_pb2.SuppressLeadRequest(name=made.leads[0].name, reason="reply")
        await acme.call(acme.leads.SuppressLead, request)
        [event] = (await reader.response()).events
        assert (event.type, event.lead, event.reason) == (
            pb.Event.TYPE_LEAD_SUPPRESSED, made.leads[0].name, "reply",
        )  # fmt: skip
        await other.linked(1)
        theirs = await other.upserted(lead(2))
        await other.call(other.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=theirs.leads[0].name))
        assert await foreign.leads(1) == [theirs.leads[0].name]


async def test_an_event_shows_its_type_and_state(acme: Client, owner: asyncpg.Connection) -> None:
    async with reading(acme, types=(pb.Event.TYPE_MESSAGE_CHANGED, pb.Event.TYPE_DEVICE_CHANGED)) as reader:
        await happen(owner, 1)
        await owner.execute(
            "INSERT INTO event (account_id, type, message_id, device_id, state, reason) VALUES"
            " (1, 'message_changed', 7, 3, 'failed', 'not_on_whatsapp'),"
            " (1, 'device_changed', NULL, 3, 'held', 'temporary_ban')"
        )
        events = list((await reader.response()).events)
    assert [event.message for event in events] == ["messages/7", ""]
    assert events[0].message_state == messages_pb2.Message.STATE_FAILED
    assert events[1].device_state == 2
    assert [event.reason for event in events] == ["not_on_whatsapp", "temporary_ban"]


async def test_a_late_commit_is_not_passed_over(acme: Client, gateway: Gateway) -> None:
    database = gateway.database
    async with reading(acme) as reader, database.connection() as slow, database.connection() as fast:
        transaction = slow.transaction()
        await transaction.start()
        await happen(slow, 1)
        await happen(fast, 2)
        await transaction.commit()
        await happen(fast, 3)
        assert await reader.leads(3) == ["leads/1", "leads/2", "leads/3"]


async def test_exactly_once_across_resumes_while_others_write(acme: Client, gateway: Gateway) -> None:
    writers, each = 6, 120
    written = {f"leads/{n}" for n in range(1, writers * each + 1)}

    async def write(number: int) -> None:
        async with gateway.database.connection() as connection:
            for turn in range(each):
                async with connection.transaction():
                    await happen(connection, 1 + number * each + turn)
                    await asyncio.sleep(0.001 * (turn % 3))

    seen: list[str] = []
    async with reading(acme) as reader:
        token = reader.token
    tasks = [asyncio.create_task(write(number)) for number in range(writers)]
    while len(seen) < len(written):
        async with reading(acme, token) as reader:
            seen += await reader.leads(min(50, len(written) - len(seen)))
            token = reader.token
    await asyncio.gather(*tasks)
    assert len(seen) == len(written)
    assert set(seen) == written
    async with reading(acme, token) as reader, gateway.database.connection() as connection:
        await happen(connection, 999999)
        assert await reader.leads(1) == ["leads/999999"]


async def test_a_long_history_comes_in_frames(acme: Client, owner: asyncpg.Connection) -> None:
    async with reading(acme) as reader:
        token = reader.token
    await happen(owner, *range(1, 1301))
    async with reading(acme, token) as reader:
        first = await reader.response()
        assert len(first.events) == 500
        assert await reader.leads(800) == [f"leads/{n}" for n in range(501, 1301)]
        await happen(owner, 5000)
        assert await reader.leads(1) == ["leads/5000"]


async def test_a_resume_token_that_is_none_is_refused(acme: Client, other: Client) -> None:
    async with reading(acme) as reader:
        token = reader.token
    for client, bad in ((acme, "nonsense"), (acme, token[:-1]), (other, token), (acme, "x" * 101)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.events.WatchEvents(
                pb.WatchEventsRequest(resume_token=bad), metadata=client.metadata, timeout=TIMEOUT_S
            ).read()
        refused = unpacked(caught.value)
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(refused.violations) == {"resume_token"}


async def test_a_token_from_beyond_the_end_of_the_log_is_refused(acme: Client) -> None:
    """A restore of the database has made the log shorter: a watch from there would be silent for long."""
    root = RootSecret(SECRET.encode())
    token = places.token(Tokens.of(root), 1, Place(2**40, 1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await acme.events.WatchEvents(
            pb.WatchEventsRequest(resume_token=token), metadata=acme.metadata, timeout=TIMEOUT_S
        ).read()
    refused = unpacked(caught.value)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "restore" in refused.violations["resume_token"]


async def test_a_drain_ends_the_stream_with_unavailable(acme: Client, gateway: Gateway) -> None:
    async with reading(acme) as reader:
        gateway.life.drain()
        refused = await refusal(_read(reader))
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert refused.retry_s is not None


async def _read(reader: Reader) -> Any:
    return await reader.response()


async def test_another_gateway_goes_on_where_one_ended(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection, consul_address: str
) -> None:
    async with reading(acme) as reader:
        await happen(owner, 1)
        assert await reader.leads(1) == ["leads/1"]
        token = reader.token
    await happen(owner, 2)
    async with running(gateway.database, consul_address) as second:
        key = dict(acme.metadata)["authorization"].removeprefix("Bearer ")
        elsewhere = Client(second.channel, key)
        async with reading(elsewhere, token) as reader:
            await happen(owner, 3)
            assert await reader.leads(2) == ["leads/2", "leads/3"]


async def test_a_slow_reader_is_cut_off_and_nobody_else(gateway: Gateway) -> None:
    settings = PostgresSettings(postgres_dsn=gateway.database.dsn("gateway"))
    async with Postgres(settings, application="test") as postgres:
        hub = Hub(EventStore(postgres), Life(), poll_s=0.01, buffer=10)
        async with hub.watch(1) as slow, hub.watch(1) as quick, gateway.database.connection() as connection:
            for turn in range(3):
                await happen(connection, *range(turn * 5, turn * 5 + 5))
                await hub.run_once()
                assert len(await quick.take()) == 5
            with pytest.raises(ResourceExhausted):
                await slow.take()


async def test_the_database_is_not_asked_while_nobody_watches(gateway: Gateway) -> None:
    settings = PostgresSettings(postgres_dsn=gateway.database.dsn("gateway"))
    async with Postgres(settings, application="test") as postgres:
        hub = Hub(EventStore(postgres), Life(), poll_s=0.01, buffer=10)
        async with hub.watch(1):
            assert hub._watched.is_set()
        assert not hub._watched.is_set()
        assert not await hub.run_once()
