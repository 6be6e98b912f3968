"""One account's access to a gateway."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

from gateway.client.dial import Trust, dial
from gateway.client.errors import as_error
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
from services.runtime.backoff import FIRST_S, delay

CALL_S = 30.0
# Failures in a row before the caller hears of the last one: some two seconds of pauses.
_TRIES = 4
# gRPC's line of calls is short, and emptied in tenths of a second: come back soon, and more often.
_TRIES_OF_LINE = 7
_SOON_S = 0.05
_LARGEST_PAGE = 1000
# The gateway is away, or has too many of our calls: both say when to try again. Or of everybody's, which gRPC
# says before the gateway has seen the call; a call that the caller gives up raises no status.
_PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
)


class Client:
    """The stubs of all services, and the ways to call their methods. Raises as the package says."""

    def __init__(self, channel: grpc.aio.Channel, key: str, address: str = "") -> None:
        """`address` is for people: errors name the gateway by it."""
        self.channel = channel
        self.unreachable: list[str] = []
        """What lists could not show, by name (`pages`)."""
        self.metadata = (("authorization", f"Bearer {key}"),)
        self._address = address
        self.accounts = accounts_pb2_grpc.AccountsServiceStub(channel)
        self.campaigns = campaigns_pb2_grpc.CampaignsServiceStub(channel)
        self.devices = devices_pb2_grpc.DevicesServiceStub(channel)
        self.events = events_pb2_grpc.EventsServiceStub(channel)
        self.leads = leads_pb2_grpc.LeadsServiceStub(channel)
        self.messages = messages_pb2_grpc.MessagesServiceStub(channel)
        self.overview = overview_pb2_grpc.OverviewServiceStub(channel)
        self.sequences = sequences_pb2_grpc.SequencesServiceStub(channel)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, address: str, key: str, trust: Trust | None = None, *, traced: bool = True
    ) -> AsyncIterator["Client"]:
        """Speaks to the gateway at host:port or https://host:port; connects at the first call.

        A `traced` client passes the caller's trace on.
        """
        async with dial(address, trust, traced=traced) as channel:
            yield cls(channel, key, address)

    async def call(self, method: Any, request: Message, *, timeout_s: float = CALL_S) -> Any:
        """The answer of a unary method, within so many seconds however often it is tried.

        A request that has a `request_id` and none set is sent with one of this call's own.
        """
        sent = _identified(request)
        deadline = time.monotonic() + timeout_s
        failures = 0
        while True:
            try:
                left_s = max(0.0, deadline - time.monotonic())
                return await method(sent, metadata=self.metadata, timeout=left_s)
            except grpc.aio.AioRpcError as error:
                failures += 1
                wait_s = self._wait_s(error, failures)
                if time.monotonic() + wait_s >= deadline:
                    raise as_error(error, self._address) from None
            await asyncio.sleep(wait_s)

    async def pages(
        self, method: Any, request: Message, items: str, limit: int | None = None
    ) -> AsyncGenerator[Any, None]:
        """The `items` of a list method, page by page; at most `limit` of them.

        What the gateway cannot read stands in `unreachable` afterwards.
        """
        asked = _copy(request)
        left = limit
        while left is None or left > 0:
            asked.page_size = _LARGEST_PAGE if left is None else min(_LARGEST_PAGE, left)
            page = await self.call(method, asked)
            found = getattr(page, items)
            self.unreachable += page.unreachable
            for each in found:
                yield each
            if not page.next_page_token:
                return
            asked.page_token = page.next_page_token
            left = left and left - len(found)

    async def watch(self, method: Any, request: Message) -> AsyncGenerator[Any, None]:
        """The responses of a stream until it ends, for hours if need be.

        When the gateway drains or goes, the stream is begun anew: after the last `resume_token` where the
        responses carry one, else with what the method tells first. There is no deadline: the pings of the
        channel find a dead connection in 6 seconds.
        """
        asked = _copy(request)
        failures = 0
        while True:
            try:
                async with aclosing(self._responses(method, asked)) as responses:
                    async for response in responses:
                        failures = 0
                        if token := getattr(response, "resume_token", ""):
                            asked.resume_token = token
                        yield response
                return
            except grpc.aio.AioRpcError as error:
                failures += 1
                wait_s = self._wait_s(error, failures)
            await asyncio.sleep(wait_s)

    async def stream(self, method: Any, request: Message, *, timeout_s: float) -> AsyncGenerator[Any, None]:
        """The responses of a stream that has an end, within so many seconds.

        One that breaks off goes on after the last `resume_token`; it is not begun anew where the responses
        carry none.
        """
        asked = _copy(request)
        deadline = time.monotonic() + timeout_s
        failures = 0
        goes_on = True
        while True:
            try:
                left_s = max(0.0, deadline - time.monotonic())
                async with aclosing(self._responses(method, asked, left_s)) as responses:
                    async for response in responses:
                        failures = 0
                        goes_on = bool(token := getattr(response, "resume_token", ""))
                        if goes_on:
                            asked.resume_token = token
                        yield response
                return
            except grpc.aio.AioRpcError as error:
                failures += 1
                if not goes_on:
                    raise as_error(error, self._address) from None
                wait_s = self._wait_s(error, failures)
                if time.monotonic() + wait_s >= deadline:
                    raise as_error(error, self._address) from None
            await asyncio.sleep(wait_s)

    async def _responses(
        self, method: Any, request: Any, timeout_s: float | None = None
    ) -> AsyncGenerator[Any, None]:
        call = method(request, metadata=self.metadata, timeout=timeout_s)
        try:
            async for response in call:
                yield response
        finally:
            # Of use when the caller has seen enough; a call that has ended takes no notice.
            call.cancel()

    def _wait_s(self, error: grpc.aio.AioRpcError, failures: int) -> float:
        """Seconds until the next try, as many as the gateway asks for. Raises when there is none."""
        known = as_error(error, self._address)
        is_of_line = error.code() is grpc.StatusCode.CANCELLED
        tries, first_s = (_TRIES_OF_LINE, _SOON_S) if is_of_line else (_TRIES, FIRST_S)
        # A deadline that has passed is `Unavailable` to the caller, too, and ends the call.
        if error.code() in _PASSING and known.retry is not None and failures < tries:
            return max(delay(failures, first_s), known.retry.after_s)
        raise known from None


def _identified(request: Any) -> Any:
    """The request, with a `request_id` where it takes one."""
    if "request_id" not in request.DESCRIPTOR.fields_by_name or request.request_id:
        return request
    sent = _copy(request)
    sent.request_id = str(uuid.uuid4())
    return sent


def _copy(request: Message) -> Any:
    """The caller's request is the caller's: it may be asked with again."""
    made = type(request)()
    made.CopyFrom(request)
    return made
