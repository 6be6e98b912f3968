"""Attacks API keys: revoked, expired or unproven while a call is open, guessed in floods, without a scope."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.instrumentation.grpc._aio_server import OpenTelemetryAioServerInterceptor
from pydantic import SecretStr

import kompang.v1.accounts_pb2
import kompang.v1.campaigns_pb2
import kompang.v1.devices_pb2
import kompang.v1.events_pb2
import kompang.v1.imports_pb2
import kompang.v1.leads_pb2
import kompang.v1.messages_pb2
import kompang.v1.overview_pb2
import kompang.v1.sequences_pb2
from gateway.auth.key import ApiKey
from gateway.auth.scopes import REQUIRED, SCOPES
from gateway.auth.store import KeyStore
from kompang.v1 import accounts_pb2, campaigns_pb2, devices_pb2, events_pb2, imports_pb2, overview_pb2
from tests.integration.gateway.mesh import TIMEOUT_S, Client, Gateway, Refusal, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.proxy import proxied
from tests.support.slowness import patient

CACHE_S = 1.0
"""Of these gateways; 5 s unless set. A call must have ended by then, but for a slow machine."""
BOUND_S = CACHE_S + patient(2.0)

METHODS: list[MethodDescriptor] = [
    method
    for file in (
        kompang.v1.accounts_pb2, kompang.v1.campaigns_pb2, kompang.v1.devices_pb2, kompang.v1.events_pb2,
        kompang.v1.leads_pb2, kompang.v1.messages_pb2, kompang.v1.overview_pb2, kompang.v1.sequences_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]  # fmt: skip
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
REVOKED = "UPDATE api_key SET revoked_at = now()"
EXPIRED = "UPDATE api_key SET expires_at = now()"


@asynccontextmanager
async def gateways(
    database: Database, consul_address: str, count: int = 1, **settings: Any
) -> AsyncIterator[list[Gateway]]:
    given = {"key_cache_s": CACHE_S, "overview_watch_s": 30.0, "campaign_watch_s": 30.0} | settings
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(running(database, consul_address, **given)) for _ in range(count)
        ]


async def ended(call: Any, since: float) -> tuple[Refusal, float]:
    """How a call ended that must not end well, and how long after the key."""
    refused = await refusal(_all_of(call))
    return refused, time.monotonic() - since


async def _all_of(call: Any) -> None:
    if not hasattr(call, "read"):
        await call
    else:
        while await call.read() is not grpc.aio.EOF:
            pass


async def every_call(client: Client, database: Database, locks: asyncpg.Connection) -> dict[str, Any]:
    """A call of each streaming method and of a unary one, each open and quiet."""
    draft = campaigns_pb2.CreateCampaignRequest(campaign=campaigns_pb2.Campaign(text="Hi"))
    campaign = await client.call(client.campaigns.CreateCampaign, draft)
    given: dict[str, Any] = {"metadata": client.metadata, "timeout": TIMEOUT_S}
    calls = {
        "WatchEvents": client.events.WatchEvents(events_pb2.WatchEventsRequest(), **given),
        "WatchCampaign": client.campaigns.WatchCampaign(
            campaigns_pb2.WatchCampaignRequest(name=campaign.name), **given
        ),
        "WatchOverview": client.overview.WatchOverview(
            overview_pb2.WatchOverviewRequest(name="accounts/-"), **given
        ),
        "ImportLeads": client.leads.ImportLeads(**given),
        "ImportSuppressions": client.leads.ImportSuppressions(**given),
    }
    opening = imports_pb2.ImportStart(request_id=str(uuid.uuid4()), size=1000)
    await calls["ImportLeads"].write(imports_pb2.ImportLeadsRequest(start=opening))
    silent = imports_pb2.ImportSuppressionsStart(request_id=str(uuid.uuid4()), size=1000)
    await calls["ImportSuppressions"].write(imports_pb2.ImportSuppressionsRequest(start=silent))
    first = {name: await call.read() for name, call in calls.items()}
    # From now on, what these two calls ask of the database waits.
    await locks.execute("LOCK TABLE import, import_error IN ACCESS EXCLUSIVE MODE")
    await locks.execute("SELECT FROM account FOR UPDATE")
    calls["GetImportErrors"] = client.leads.GetImportErrors(
        imports_pb2.GetImportErrorsRequest(name=first["ImportLeads"].started.name), **given
    )
    account = accounts_pb2.Account(name="accounts/-", language="ms")
    calls["UpdateAccount"] = client.accounts.UpdateAccount(
        accounts_pb2.UpdateAccountRequest(account=account), **given
    )
    await eventually(lambda: _waiting(database, 2))
    return calls


async def _waiting(database: Database, count: int) -> bool:
    async with database.connection() as connection:
        statement = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1"
        return bool(await connection.fetchval(statement, database.name) >= count)


@pytest.mark.parametrize("change", [REVOKED, EXPIRED])
async def test_every_open_call_ends_with_its_key(
    database: Database, consul_address: str, change: str
) -> None:
    async with gateways(database, consul_address, 2) as (first, second), database.connection() as locks:
        client = await first.client("acme")
        other = Client(second.channel, "")
        other.metadata = client.metadata
        elsewhere = other.events.WatchEvents(events_pb2.WatchEventsRequest(), metadata=other.metadata)
        assert await elsewhere.read() is not grpc.aio.EOF
        async with locks.transaction():
            calls = await every_call(client, database, locks)
            assert {method.name for method in METHODS if method.server_streaming} < set(calls)
            since = time.monotonic()
            async with database.connection() as owner:
                await owner.execute(change)
            calls["WatchEvents of another replica"] = elsewhere
            ends = await asyncio.gather(*(ended(call, since) for call in calls.values()))
        for name, (refused, after_s) in zip(calls, ends, strict=True):
            assert (refused.code, refused.reason) == (UNAUTHENTICATED, "API_KEY_INVALID"), name
            assert "was revoked or has expired" in refused.message, name
            assert after_s < BOUND_S, name


async def test_a_caller_who_does_not_read_gets_no_more_after_his_key_is_gone(
    database: Database, consul_address: str
) -> None:
    async with gateways(database, consul_address) as [gateway], database.connection() as owner:
        client = await gateway.client("acme")
        token = await _resume_token(client)
        await owner.execute(
            "INSERT INTO event (account_id, type, lead_id, reason)"
            " SELECT id, 'lead_enrolled', n, repeat('x', 60) FROM account, generate_series(1, 40000) n"
        )
        request = events_pb2.WatchEventsRequest(resume_token=token)
        call = client.events.WatchEvents(request, metadata=client.metadata, timeout=TIMEOUT_S)
        await call.read()
        await owner.execute(REVOKED)
        await eventually(lambda: _refused(client))
        seen: list[int] = []
        assert (await refusal(_counted(call, seen))).code is UNAUTHENTICATED
        assert sum(seen) < 40_000


async def _counted(call: Any, seen: list[int]) -> None:
    while True:
        seen.append(len((await call.read()).events))


async def _resume_token(client: Client) -> str:
    call = client.events.WatchEvents(events_pb2.WatchEventsRequest(), metadata=client.metadata)
    try:
        return str((await call.read()).resume_token)
    finally:
        call.cancel()


async def _refused(client: Client) -> bool:
    try:
        await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
    except grpc.aio.AioRpcError as error:
        return error.code() is UNAUTHENTICATED
    return False


@pytest.mark.parametrize("how", ["blackhole", "cut"])
async def test_no_key_is_believed_for_long_while_the_database_is_silent(
    database: Database, consul_address: str, how: str
) -> None:
    real = urlsplit(database.dsn("gateway"))
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(real.netloc.rpartition("@")[2]))
        way = real._replace(netloc=f"{real.netloc.rpartition('@')[0]}@{proxy.address}")
        given: dict[str, Any] = {"postgres_dsn": SecretStr(urlunsplit(way)), "postgres_timeout_s": 30.0}
        [gateway] = await stack.enter_async_context(gateways(database, consul_address, **given))
        client = await gateway.client("acme")
        call = client.overview.WatchOverview(
            overview_pb2.WatchOverviewRequest(name="accounts/-"), metadata=client.metadata, timeout=TIMEOUT_S
        )
        assert await call.read() is not grpc.aio.EOF
        since = time.monotonic()
        getattr(proxy, how)()
        async with database.connection() as owner:
            await owner.execute(REVOKED)
        refused, after_s = await ended(call, since)
        assert refused.code is grpc.StatusCode.UNAVAILABLE
        assert after_s < BOUND_S
        late = client.devices.ListDevices(
            devices_pb2.ListDevicesRequest(), metadata=client.metadata, timeout=10
        )
        assert (await refusal(late)).code is grpc.StatusCode.UNAVAILABLE
        proxy.restore()
        await eventually(lambda: _refused(client))


async def test_a_flood_of_wrong_keys_costs_next_to_no_statement_and_delays_nobody(
    database: Database, consul_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reads = 0
    read = KeyStore.read

    async def counted(self: KeyStore, known: Any) -> Any:
        nonlocal reads
        reads += 1
        return await read(self, known)

    monkeypatch.setattr(KeyStore, "read", counted)
    async with gateways(database, consul_address, key_cache_s=5.0) as [gateway]:
        client = await gateway.client("acme")
        await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
        public_id = client.metadata[0][1].split("_", 2)[1]
        # Fewer than gRPC keeps for the gateway (`gateway.limits.connections`): each has an answer.
        wrong = [ApiKey.new().text for _ in range(200)]
        wrong += [f"kpg_{public_id}_{ApiKey.new().secret}" for _ in range(80)]
        before, since = reads, time.monotonic()
        flood = [asyncio.create_task(_tried(gateway, key)) for key in wrong]
        waits = []
        for _ in range(10):
            asked = time.monotonic()
            await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
            waits.append(time.monotonic() - asked)
        # One of them may meet a moment in which the machine does something else.
        assert median(waits) < patient(1.0)
        codes = await asyncio.gather(*flood)
        took_s = time.monotonic() - since
        new = await gateway.client("new")
        await new.call(new.devices.ListDevices, devices_pb2.ListDevicesRequest())
        assert set(codes) == {UNAUTHENTICATED}
        assert reads - before <= 3 + took_s / 0.2
        found = await eventually(lambda: _failures(database, len(wrong)))
    assert {(row["peer"], row["reason"]) for row in found} == {
        ("127.0.0.1", "unknown"),
        ("127.0.0.1", "wrong_secret"),
    }
    logged = str([record.__dict__ for record in caplog.records])
    for key in (*wrong, client.metadata[0][1]):
        assert key.split("_", 2)[2] not in logged


async def test_whoever_has_no_good_key_makes_no_span_and_no_error(
    database: Database, consul_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each was a span, also where the caller's own header asked for it, and two tracebacks."""
    spans, start = [], OpenTelemetryAioServerInterceptor._start_span

    def counted(self: Any, details: grpc.HandlerCallDetails, *rest: Any, **options: Any) -> Any:
        spans.append(details.method)
        return start(self, details, *rest, **options)

    monkeypatch.setattr(OpenTelemetryAioServerInterceptor, "_start_span", counted)
    asked = ("traceparent", f"00-{'1' * 32}-{'2' * 16}-01")
    async with gateways(database, consul_address) as [gateway]:
        client = await gateway.client("acme")
        public_id = client.metadata[0][1].split("_", 2)[1]
        keys = ["", "nonsense", ApiKey.new().text, f"kpg_{public_id}_{ApiKey.new().secret}"]
        for method in (client.devices.ListDevices, client.leads.ImportLeads, client.events.WatchEvents):
            path = method._method
            for key in keys:
                call = gateway.channel.stream_stream(path)(
                    metadata=[("authorization", f"Bearer {key}"), asked], timeout=TIMEOUT_S
                )
                assert await call.code() is UNAUTHENTICATED
        assert spans == []
        await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
        assert spans == ["/kompang.v1.DevicesService/ListDevices"]


async def _tried(gateway: Gateway, key: str) -> grpc.StatusCode:
    client = Client(gateway.channel, key)
    request = client.devices.ListDevices(
        devices_pb2.ListDevicesRequest(), metadata=client.metadata, timeout=TIMEOUT_S
    )
    return (await refusal(request)).code


async def _failures(database: Database, count: int) -> list[Any]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT * FROM failed_login")
        return list(rows) if sum(row["count"] for row in rows) >= count else []


async def test_a_key_without_its_scope_opens_no_method_and_a_new_method_is_shut(
    database: Database, consul_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateways(database, consul_address, key_cache_s=5.0) as [gateway]:
        keys = {
            scope: Client(gateway.channel, await gateway.key(scope.replace(".", "-"), _without(scope)))
            for scope in SCOPES
        }
        everything = await gateway.client("all")
        for method in METHODS:
            name = f"{method.containing_service.full_name}/{method.name}"
            assert await _status(keys[REQUIRED[name]], method) is grpc.StatusCode.PERMISSION_DENIED, name
            with monkeypatch.context() as patch:
                patch.delitem(REQUIRED, name)
                assert await _status(everything, method) is grpc.StatusCode.PERMISSION_DENIED, name


def _without(scope: str) -> tuple[str, ...]:
    return tuple(each for each in SCOPES if each != scope)


async def _status(client: Client, method: MethodDescriptor) -> grpc.StatusCode:
    noun = method.containing_service.name.removesuffix("Service").lower()
    stub = getattr(getattr(client, noun), method.name)
    given: Any = iter(()) if method.client_streaming else GetMessageClass(method.input_type)()
    call = stub(given, metadata=client.metadata, timeout=TIMEOUT_S)
    return (await refusal(_all_of(call))).code
