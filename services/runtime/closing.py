"""A stream that its caller has left is closed where it runs.

gRPC drops the generator of such a stream when the caller goes while an answer is being sent. It would then be
closed by whoever collects it, in another context, and the instrumentation, which holds a span open in it,
writes a traceback for each.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc

from services.runtime.interceptor import Next


class ClosingInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Stands before the instrumentation, outside everything."""

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler, which sends the answers of a stream itself."""
        found = await continuation(details)
        if found is None or not found.response_streaming:
            return found
        if found.request_streaming:
            return found._replace(stream_stream=_sending(found.stream_stream))
        return found._replace(unary_stream=_sending(found.unary_stream))


def _sending(call: Callable[..., AsyncGenerator[Any, None]]) -> Callable[..., Awaitable[None]]:
    async def sent(request: Any, context: grpc.aio.ServicerContext) -> None:
        async with aclosing(call(request, context)) as responses:
            async for response in responses:
                await context.write(response)

    return sent
