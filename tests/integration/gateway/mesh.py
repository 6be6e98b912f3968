"""A gateway for tests: the same `run` as the process, and clients that speak for one account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import grpc
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.accounts.model import Guards
from gateway.admin.store import AdminStore
from gateway.auth.scopes import SCOPES
from gateway.client import Client as ApiClient
from gateway.process import run
from gateway.settings import GatewaySettings
from kompang.v1 import devices_pb2, leads_pb2, sequences_pb2
from services.runtime.channel import connect
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings
from tests.support.database import Database
from tests.support.reasons import documented
from tests.support.secret import SECRET
from tests.support.slowness import patient

TIMEOUT_S = patient(20.0)


class Client(ApiClient):
    """One account's client; `call` tries once and raises the status as the gateway sent it."""

    # No two accounts link the same numbers.
    first_number = 0

    async def call(self, method: Any, request: Any, *, timeout_s: float = TIMEOUT_S) -> Any:
        return await method(request, metadata=self.metadata, timeout=timeout_s)

    async def refused(self, method: Any, request: Any) -> "Refusal":
        """What the call was refused with: its reason is one that the method's comment names."""
        refused = await refusal(self.call(method, request))
        assert not refused.reason or refused.reason in documented(method._method.decode()), refused
        return refused

    async def linked(self, count: int, **fields: Any) -> list[Any]:
        request = devices_pb2.BatchCreateDevicesRequest(
            devices=[
                devices_pb2.Device(phone=f"+6011{self.first_number + n:08d}", **fields) for n in range(count)
            ]
        )
        return list((await self.call(self.devices.BatchCreateDevices, request)).devices)

    async def planned(self, slug: str, *, trigger: str | None = None, steps: int = 1, after: str = "") -> Any:
        """A sequence of so many steps, an hour apart; listens for its slug in capitals."""
        wanted = sequences_pb2.Sequence(
            trigger=slug.upper() if trigger is None else trigger,
            steps=[step(f"Hi {{name}} {n}", 3600 * n) for n in range(steps)],
            next_sequence=f"sequences/{after}" if after else "",
        )
        request = sequences_pb2.CreateSequenceRequest(sequence_id=slug, sequence=wanted)
        return await self.call(self.sequences.CreateSequence, request)

    async def upserted(self, *wanted: leads_pb2.Lead, request_id: str = "") -> Any:
        request = leads_pb2.BatchUpsertLeadsRequest(leads=wanted, request_id=request_id)
        return await self.call(self.leads.BatchUpsertLeads, request)


@dataclass(frozen=True)
class Refusal:
    """A failed call, unpacked."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    violations: dict[str, str]
    retry_s: float | None


async def refusal(call: Any) -> Refusal:
    """What a call was refused with; AssertionError when it was not."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return unpacked(error)
    raise AssertionError(f"not refused: {answer}")


def unpacked(error: grpc.aio.AioRpcError) -> Refusal:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        for kind in (info, bad, retry):
            detail.Unpack(kind)
    return Refusal(
        error.code(),
        error.details() or "",
        info.reason,
        dict(info.metadata),
        {one.field: one.description for one in bad.field_violations},
        retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
    )


def step(text: str, seconds: float) -> sequences_pb2.Step:
    made = sequences_pb2.Step(text=text)
    made.offset.FromMilliseconds(int(seconds * 1000))
    return made


def lead(number: int, **fields: Any) -> leads_pb2.Lead:
    return leads_pb2.Lead(phone=f"+6012{number:07d}", **fields)


def consent(source: str = "web form", at: datetime | None = None) -> leads_pb2.Consent:
    granted = timestamp_pb2.Timestamp()
    granted.FromDatetime(at or datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return leads_pb2.Consent(source=source, grant_time=granted)


class Gateway:
    """A running gateway and the database behind it."""

    def __init__(
        self, database: Database, address: str, life: Life, process: asyncio.Task[None], admin: AdminStore
    ) -> None:
        self.database = database
        self.address = address
        self.life = life
        self.process = process
        self.channel = connect(address, traced=False)
        self._admin = admin

    async def key(self, slug: str, scopes: tuple[str, ...] = SCOPES) -> str:
        return (await self._admin.create_account(slug, "", "UTC", scopes, Guards())).text

    async def client(self, slug: str, scopes: tuple[str, ...] = SCOPES) -> Client:
        """Speaks for a new account."""
        client = Client(self.channel, await self.key(slug, scopes))
        client.first_number = 0 if slug == "acme" else (1 + crc32(slug.encode()) % 900) * 100_000
        return client


@asynccontextmanager
async def running(database: Database, consul_address: str, **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway on a free port, drained at the end."""
    life = Life()
    task = asyncio.create_task(run(gateway_settings(database, consul_address, **settings), life))
    ready = asyncio.create_task(life.when_ready())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        ready.cancel()
        await task
    owner = PostgresSettings(postgres_dsn=database.owner_dsn)
    async with Postgres(owner, application="test") as postgres:
        gateway = Gateway(database, await ready, life, task, AdminStore(postgres))
        try:
            yield gateway
        finally:
            await gateway.channel.close()
            life.drain()
            await asyncio.wait_for(task, TIMEOUT_S)


def gateway_settings(database: Database, consul_address: str, **settings: Any) -> GatewaySettings:
    given: dict[str, Any] = {
        "postgres_dsn": database.dsn("gateway"),
        "secret": SECRET,
        "consul_address": consul_address,
        "consul_prefix": f"kompang-{database.name}",
        "event_poll_s": 0.02,
        "drain_s": 5.0,
    }
    return GatewaySettings(**given | settings)
