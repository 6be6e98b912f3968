"""The request of a call, taken from the wire: late, bounded, parsed, checked.

gRPC reads and parses the request of a unary method before it calls anything of ours, so a caller without a
key could fill the memory. Here every method is served as one that streams its requests: nothing of the body
is read until somebody asks for the next request, and that is the innermost interceptor, when the caller is
known and has a place. Until then the flow control of HTTP/2 keeps the body at the caller's end.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health_pb2

from services.runtime.errors import (
    DeadlineExceeded,
    GenericReason,
    InvalidArgument,
    ResourceExhausted,
    Violation,
)
from services.runtime.wire_counts import UNREADABLE, refuse_crowds

Deserializer = Callable[[bytes], Any]
Check = Callable[[Message], Sequence[Violation]]
"""One violation for each field of a request that is wrong."""
Streaming = Callable[..., AsyncGenerator[Any, None]]
Next = Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]]

# Checked in a few milliseconds, also where it is all texts with choices.
_SMALL_BYTES = 8 * 1024
_CHECK = "/grpc.health.v1.Health/Check"
_MISSING = "is missing; send one message, then close your side"


class Sizes:
    """How many bytes a request of each method may have, and whether its entries are counted first."""

    def __init__(self, default: int, *, are_counted: bool = True, **by_method: int) -> None:
        """`by_method` is by the last part of the name: `BatchUpsertLeads`."""
        self._default = default
        self.by_method = by_method
        self.are_counted = are_counted

    @property
    def largest(self) -> int:
        """The most of any method: gRPC refuses more before it is all received."""
        return max(self._default, *self.by_method.values(), 0)

    def of(self, method: str) -> int:
        """The most bytes of a method, given as `/kompang.v1.LeadsService/BatchUpsertLeads`."""
        return self.by_method.get(method.rpartition("/")[2], self._default)


class Room:
    """Where calls wait before their request is read, and until they are served; here is room for all."""

    def reading(self) -> AbstractAsyncContextManager[None]:
        """Held while a request is read and parsed."""
        return nullcontext()

    def serving(self, method: str) -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - the same for all
        """Held from before a unary request is read until its answer is made."""
        return nullcontext()

    def took(self, size: int) -> None:
        """Told of each message that was read, in the context of its call."""


_EVERYWHERE = Room()


class ReceivingInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """The innermost. Raises `InvalidArgument`; `ResourceExhausted` for a body too large.

    For one too slow, `DeadlineExceeded`. A large body is parsed and checked in a thread, one at a time: it
    takes longer than the event loop may stand still. The requests of a streaming method are bounded and
    parsed here, too, but their servicer checks them.
    """

    def __init__(
        self,
        check: Check,
        sizes: Sizes,
        timeout_s: float,
        room: Room = _EVERYWHERE,
    ) -> None:
        """`timeout_s` is for the body of a unary request."""
        self._check = check
        self._sizes = sizes
        self._timeout_s = timeout_s
        self._room = room
        self._aside = asyncio.Semaphore(1)

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler, as one that streams its requests."""
        found = await continuation(details)
        if found is None:
            return None
        if details.method == _CHECK:
            return _unread(found)
        parse = bounded(found.request_deserializer, self._sizes, details.method)
        take = self._told(parse if found.request_streaming else sized(self._sizes.of(details.method)))
        if found.response_streaming:
            call = found.stream_stream or self._streaming(parse, found.unary_stream)
            return grpc.stream_stream_rpc_method_handler(call, take, found.response_serializer)
        call = found.stream_unary or self._unary(details.method, parse, found.unary_unary)
        return grpc.stream_unary_rpc_method_handler(call, take, found.response_serializer)

    def _told(self, take: Deserializer) -> Deserializer:
        def taken(body: bytes) -> Any:
            self._room.took(len(body))
            return take(body)

        return taken

    def _unary(
        self, method: str, parse: Deserializer, call: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        async def received(_: Any, context: grpc.aio.ServicerContext) -> Any:
            async with self._room.serving(method):
                return await call(await self._request(context, parse), context)

        return received

    def _streaming(self, parse: Deserializer, call: Streaming) -> Streaming:
        async def received(_: Any, context: grpc.aio.ServicerContext) -> AsyncGenerator[Any, None]:
            request = await self._request(context, parse)
            async with aclosing(responses(call, request, context)) as found:
                async for response in found:
                    yield response

        return received

    async def _request(self, context: grpc.aio.ServicerContext, parse: Deserializer) -> Any:
        """The one request of a unary method, within its time and its rules."""
        async with self._room.reading():
            body = await self._body(context)
            if len(body) <= _SMALL_BYTES:
                return self._checked(body, parse)
            async with self._aside:
                return await asyncio.to_thread(self._checked, body, parse)

    async def _body(self, context: grpc.aio.ServicerContext) -> bytes:
        """Read by itself: gRPC's iterator would keep the body until garbage is collected."""
        try:
            async with asyncio.timeout(self._timeout_s):
                body: bytes = await context.read()
        except TimeoutError:
            text = f"the request did not arrive within {self._timeout_s:g} s; send it again, without pauses"
            raise DeadlineExceeded(text, reason=GenericReason.REQUEST_INCOMPLETE) from None
        if body is grpc.aio.EOF:
            raise InvalidArgument([Violation("request", _MISSING)])
        return body

    def _checked(self, body: bytes, parse: Deserializer) -> Any:
        request = parse(body)
        if found := self._check(request):
            raise InvalidArgument(found)
        return request


def _unread(found: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    """Health is that of the whole process, whatever is asked: nobody's silence or size can keep it back."""

    async def answered(_: Any, context: grpc.aio.ServicerContext) -> Any:
        return await found.unary_unary(health_pb2.HealthCheckRequest(), context)

    return grpc.stream_unary_rpc_method_handler(answered, None, found.response_serializer)


def sized(most: int) -> Deserializer:
    """The body as it is, unless it is too large."""

    def taken(body: bytes) -> bytes:
        if len(body) > most:
            text = f"the request has {len(body)} bytes; send at most {most} at a time"
            raise ResourceExhausted(text, reason=GenericReason.REQUEST_TOO_LARGE, max_bytes=str(most))
        return body

    return taken


def bounded(parse: Deserializer, sizes: Sizes, method: str) -> Deserializer:
    """The same, but refuses before it parses what is too large, and what is no message of the method."""
    take = sized(sizes.of(method))
    # Of the message whose `FromString` the parser is.
    descriptor = getattr(getattr(parse, "__self__", None), "DESCRIPTOR", None) if sizes.are_counted else None

    def parsed(body: bytes) -> Any:
        take(body)
        if descriptor is not None:
            refuse_crowds(body, descriptor)
        try:
            return parse(body)
        except (DecodeError, ValueError, RecursionError):
            raise InvalidArgument([Violation("request", UNREADABLE)]) from None

    return parsed


async def responses(
    call: Callable[..., Any], request: Any, context: grpc.aio.ServicerContext
) -> AsyncGenerator[Any, None]:
    """Those of a streaming servicer in either of gRPC's two forms; one that writes by itself yields none."""
    if inspect.iscoroutinefunction(call):
        await call(request, context)
        return
    async with aclosing(call(request, context)) as found:
        async for response in found:
            yield response
