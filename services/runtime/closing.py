"""A stream that its caller has left is closed where it runs.

gRPC drops the generator of such a stream when the caller goes while an answer is being sent. It would
then be closed by whoever collects it, in another context, and the instrumentation, which holds a span
open in it, writes a traceback for each. And a call that the gateway ends while an answer is being sent,
because its reader is slow, would end without a status: here its cancellation is thrown into the method,
as if that had waited itself.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc

from services.runtime.receiving import Next


class ClosingInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Stands before the instrumentation, outside everything."""

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler, which sends the answers of a stream itself."""
        found = await continuation(details)
        if found is None or not found.response_streaming:
            return found
        kind = "stream_stream" if found.request_streaming else "unary_stream"
        call = getattr(found, kind)
        # Health sends its answers itself.
        return found if inspect.iscoroutinefunction(call) else found._replace(**{kind: _sending(call)})


def _sending(call: Callable[..., AsyncGenerator[Any, None]]) -> Callable[..., Awaitable[None]]:
    async def sent(request: Any, context: grpc.aio.ServicerContext) -> None:
        async with aclosing(call(request, context)) as responses:
            async for response in responses:
                try:
                    await context.write(response)
                except asyncio.CancelledError as error:
                    await responses.athrow(error)
                except grpc.aio.InternalError:
                    # The caller is gone. As an error it would fill the log; nobody is there to be told.
                    raise asyncio.CancelledError from None

    return sent
