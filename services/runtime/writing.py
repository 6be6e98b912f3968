"""Responses of a stream, written inside the call: what ends the call ends it also while it waits to write.

gRPC writes the responses of a generator in its own code. A call that is cancelled there, because its
reader is slow, leaves the method where it stopped, with all that it holds, and the reader without a
status. Here the cancellation is thrown into the method, as if the method itself had waited.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc

Next = Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]]


class WritingInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """The outermost; the reflection and health services pass untouched."""

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler; one with a stream of responses writes them itself."""
        found = await continuation(details)
        if found is None or not found.response_streaming or details.method.startswith("/grpc."):
            return found
        parts = found.request_deserializer, found.response_serializer
        if found.request_streaming:
            return grpc.stream_stream_rpc_method_handler(_writing(found.stream_stream), *parts)
        return grpc.unary_stream_rpc_method_handler(_writing(found.unary_stream), *parts)


def _writing(call: Callable[..., AsyncGenerator[Any, None]]) -> Callable[..., Awaitable[None]]:
    async def written(request: Any, context: grpc.aio.ServicerContext) -> None:
        async with aclosing(call(request, context)) as responses:
            async for response in responses:
                try:
                    await context.write(response)
                except asyncio.CancelledError as error:
                    await responses.athrow(error)

    return written
