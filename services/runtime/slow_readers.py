"""A stream whose caller does not read is ended: what waits for it must not wait for ever."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

import grpc
from opentelemetry import metrics

from services.runtime.containment import contained_all
from services.runtime.errors import KompangError
from services.runtime.interceptor import CallInterceptor, abort
from services.runtime.receiving import Streaming, responses

ended: Counter[str] = Counter()
"""How many streams were ended in this process, by method."""

_counter = metrics.get_meter(__name__).create_counter(
    "kompang.slow_readers", unit="{stream}", description="Streams ended because their callers took nothing."
)


class SlowReaderInterceptor(CallInterceptor):
    """Ends a stream with `refusal` when one response was not taken within `timeout_s`.

    HTTP/2 lets the server send as much as the caller has room for; gRPC then keeps one response, and the
    servicer stands still. The status is sent behind what the caller has not read yet. Its place counts as
    taken until the caller, or its connection, goes.
    """

    def __init__(self, timeout_s: float, refusal: KompangError) -> None:
        self._timeout_s = timeout_s
        self._refusal = refusal
        self._ending: set[asyncio.Task[None]] = set()

    def unary(self, method: str, call: Any) -> Any:  # noqa: ARG002 - the same for all
        """One response has no next one that could wait."""
        return call

    def streaming(self, method: str, call: Streaming) -> Streaming:
        """The same stream, with a clock on each response."""

        async def wrapped(requests: Any, context: grpc.aio.ServicerContext) -> AsyncGenerator[Any, None]:
            async with aclosing(responses(call, requests, context)) as found:
                async for response in found:
                    with self._timed(method, context):
                        yield response

        return wrapped

    @contextmanager
    def _timed(self, method: str, context: grpc.aio.ServicerContext) -> Iterator[None]:
        timer = asyncio.get_running_loop().call_later(self._timeout_s, self._end, method, context)
        try:
            yield
        finally:
            timer.cancel()

    def _end(self, method: str, context: grpc.aio.ServicerContext) -> None:
        task = asyncio.get_running_loop().create_task(self._ended(method, context), name="slow reader")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _ended(self, method: str, context: grpc.aio.ServicerContext) -> None:
        ended[method] += 1
        _counter.add(1, {"rpc.method": method})
        # A caller that went meanwhile is told nothing.
        with (
            contained_all("call.slow_reader", method=method),
            suppress(grpc.aio.AbortError, grpc.aio.BaseError),
        ):
            await abort(context, self._refusal)
