"""How the command reaches a gateway: calls with a deadline and the key, tried again while it is away."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc

from gateway.cli.exit_codes import Interrupted
from gateway.cli.grpc_errors import as_error
from gateway.cli.settings import ClientSettings
from kompang.v1 import (
    accounts_pb2_grpc,
    campaigns_pb2_grpc,
    devices_pb2_grpc,
    events_pb2_grpc,
    leads_pb2_grpc,
    messages_pb2_grpc,
    overview_pb2_grpc,
    sequences_pb2_grpc,
)
from services.runtime import channel
from services.runtime.lifecycle import backoff

_CALL_S = 30.0
_TRIES = 4
_MOST_A_PAGE = 1000

Answer = TypeVar("Answer")


class Client:
    """Raises `Unavailable` for what is away, `KompangError` for a refusal."""

    def __init__(self, opened: grpc.aio.Channel, settings: ClientSettings) -> None:
        self.channel = opened
        self._settings = settings
        self.accounts = accounts_pb2_grpc.AccountsServiceStub(opened)
        self.campaigns = campaigns_pb2_grpc.CampaignsServiceStub(opened)
        self.devices = devices_pb2_grpc.DevicesServiceStub(opened)
        self.events = events_pb2_grpc.EventsServiceStub(opened)
        self.leads = leads_pb2_grpc.LeadsServiceStub(opened)
        self.messages = messages_pb2_grpc.MessagesServiceStub(opened)
        self.overview = overview_pb2_grpc.OverviewServiceStub(opened)
        self.sequences = sequences_pb2_grpc.SequencesServiceStub(opened)

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator["Client"]:
        """As the environment says; raises `pydantic.ValidationError` when it does not."""
        settings = ClientSettings()
        async with channel.connect(settings.gateway_address) as made:
            yield cls(made, settings)

    async def read(self, method: Any, request: Any, timeout_s: float = _CALL_S) -> Any:
        """One call that changes nothing; tried again while the gateway is away."""
        failures = 0
        while True:
            try:
                return await method(request, metadata=self._settings.metadata, timeout=timeout_s)
            except grpc.aio.AioRpcError as error:
                failures += 1
                if error.code() is not grpc.StatusCode.UNAVAILABLE or failures == _TRIES:
                    raise self._refused(error) from None
            await asyncio.sleep(backoff(failures))

    async def change(self, method: Any, request: Any) -> Any:
        """One mutation under a request_id of its own: it may be tried again, and is done once."""
        request.request_id = request.request_id or str(uuid.uuid4())
        try:
            return await self.read(method, request)
        except asyncio.CancelledError:
            told = "interrupted before the answer: it is done whole or not at all; look before you repeat it"
            raise Interrupted(told) from None

    async def pages(
        self, method: Any, request: Any, items: str, limit: int | None = None
    ) -> AsyncGenerator[Any, None]:
        """The items of a list, page by page; no more of them than `limit`."""
        left = limit
        while left is None or left > 0:
            request.page_size = _MOST_A_PAGE if left is None else min(_MOST_A_PAGE, left)
            page = await self.read(method, request)
            found = getattr(page, items)
            for each in found:
                yield each
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
            left = left and left - len(found)

    async def watch(self, method: Any, request: Any) -> AsyncGenerator[Any, None]:
        """A stream to its end, for hours if need be; begun anew when a gateway drains under it."""
        failures = 0
        while True:
            try:
                async for response in method(request, metadata=self._settings.metadata):
                    failures = 0
                    yield response
                return
            except grpc.aio.AioRpcError as error:
                failures += 1
                if error.code() is not grpc.StatusCode.UNAVAILABLE or failures == _TRIES:
                    raise self._refused(error) from None
            await asyncio.sleep(backoff(failures))

    def _refused(self, error: grpc.aio.AioRpcError) -> Exception:
        return as_error(error, self._settings.gateway_address)


def run(work: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Runs a command's work with an opened client."""

    async def connected() -> Answer:
        async with Client.opened() as client:
            return await work(client)

    return asyncio.run(connected())


def read(service: str, method: str, request: Any) -> Any:
    """One call that changes nothing: `read("messages", "GetMessage", …)`."""
    return run(lambda client: client.read(getattr(getattr(client, service), method), request))


def change(service: str, method: str, request: Any) -> Any:
    """One mutation."""
    return run(lambda client: client.change(getattr(getattr(client, service), method), request))
