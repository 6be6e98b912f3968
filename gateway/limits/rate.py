"""The calls of one key in a second: beyond them few are served at a time, and other keys' calls overtake.

Stands right behind authentication, before a span or anything else is made for the call. What a key sends too
much waits here, and once it has many waiting, is refused at once; meanwhile less of it is read (`Floods`).
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

import grpc
from grpc_status import rpc_status

from gateway.auth.authentication import current_key
from gateway.auth.floods import Floods
from gateway.limits.refusals import too_many_calls
from gateway.limits.settings import LimitSettings
from services.runtime.errors import ResourceExhausted
from services.runtime.interceptor import to_status
from services.runtime.places import Places, Turns
from services.runtime.receiving import Next

Call = Callable[..., Awaitable[Any]]

current_connection: ContextVar[str] = ContextVar("current_connection", default="")
"""The connection of the call that is being served, as gRPC names it; not reset, as `current_key`."""

# Served at once of what is too much: of all such keys, and of each.
_AT_ONCE = 8
_OF_KEY = 2
_REFUSAL = too_many_calls()
_REFUSED = rpc_status.to_status(to_status(_REFUSAL))


class RateInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses with `RESOURCE_EXHAUSTED`, and the time after which to try again."""

    def __init__(self, settings: LimitSettings, floods: Floods) -> None:
        self._floods = floods
        self._waiting = Places(
            "calls beyond the rate", total=settings.calls_at_once, each=settings.calls_of_key
        )
        self._turns = Turns(total=_AT_ONCE, each=_OF_KEY)

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler; a stream counts, and has its own places instead of waiting."""
        found = await continuation(details)
        if found is None or details.method.startswith("/grpc."):
            return found
        if found.response_streaming:
            return found._replace(stream_stream=self._counted(found.stream_stream))
        return found._replace(stream_unary=self._in_turn(found.stream_unary))

    def _counted(self, call: Call) -> Call:
        async def counted(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            self._is_too_much(context)
            return await call(requests, context)

        return counted

    def _in_turn(self, call: Call) -> Call:
        async def served(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            if not self._is_too_much(context):
                return await call(requests, context)
            key = current_key.get().id
            with ExitStack() as stack:
                try:
                    stack.enter_context(self._waiting.taken_by(key, _REFUSAL))
                except ResourceExhausted:
                    await context.abort_with_status(_REFUSED)
                async with self._turns.turn(key):
                    return await call(requests, context)

        return served

    def _is_too_much(self, context: grpc.aio.ServicerContext) -> bool:
        key = current_key.get().id
        current_connection.set(context.peer())
        self._floods.vouch(context.peer(), key)
        return not self._floods.called(key)
