"""Every call of the public API passes here before anything else; health and reflection need no key.

Whoever has no key can call as often as he likes, so his refusal is the cheapest that there is: one status,
made once, before a span is begun, an error raised and described, or a place counted.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, NoReturn

import grpc
from grpc_status import rpc_status

from gateway.auth.failures import Failure, Failures
from gateway.auth.floods import Floods
from gateway.auth.key import ApiKey
from gateway.auth.keyring import Keyring
from gateway.auth.store import StoredKey
from services.reasons import Reason
from services.runtime.address import peer_of
from services.runtime.errors import Unauthenticated, Unavailable
from services.runtime.interceptor import abort, to_status
from services.runtime.receiving import Next

Call = Callable[..., Awaitable[Any]]

current_key: ContextVar[StoredKey] = ContextVar("current_key")
"""The key of the call that is being served. Not reset: each call has a context of its own."""

_MISSING = rpc_status.to_status(
    to_status(
        Unauthenticated(
            "send your API key as metadata: `authorization: Bearer kpg_...`", reason=Reason.API_KEY_MISSING
        )
    )
)
_INVALID = rpc_status.to_status(
    to_status(
        Unauthenticated(
            "this API key is unknown, expired or revoked; ask the operator for a new one",
            reason=Reason.API_KEY_INVALID,
        )
    )
)


class AuthenticationInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """The outermost. Refuses a call without a good key with `UNAUTHENTICATED`."""

    def __init__(self, keyring: Keyring, failures: Failures, floods: Floods) -> None:
        self._keyring = keyring
        self._failures = failures
        self._floods = floods

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler for a good key; for another one, a handler that refuses."""
        found = await continuation(details)
        if found is None:
            return grpc.stream_unary_rpc_method_handler(self._unknown)
        if details.method.startswith("/grpc."):
            return _with(found, self._keyless)
        key = _given(details)
        stored = self._keyring.known(key) if key else None
        if stored is not None:
            current_key.set(stored)
            return found
        return _with(found, lambda call: self._guarded(key, call))

    async def _unknown(self, _: Any, context: grpc.aio.ServicerContext) -> NoReturn:
        """A method that does not exist; gRPC itself would not say who asked for it."""
        self._floods.idle(context.peer())
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        raise AssertionError  # abort always raises

    def _keyless(self, call: Call) -> Call:
        """Health and reflection, which count."""

        async def counted(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            self._floods.idle(context.peer())
            return await call(requests, context)

        return counted

    def _guarded(self, key: ApiKey | None, call: Call) -> Call:
        async def guarded(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            current_key.set(await self._matched(key, context))
            return await call(requests, context)

        return guarded

    async def _matched(self, key: ApiKey | None, context: grpc.aio.ServicerContext) -> StoredKey:
        """That of a key which is newer than the last look; ends any other call.

        A call counts when its key is known to be wrong: many may come with new ones at one moment.
        """
        peer = peer_of(context.peer())
        if key is None:
            self._floods.wrong(context.peer())
            self._failures.count(peer, Failure.MISSING)
            await _refuse(context, _MISSING)
        try:
            stored = await self._keyring.match(key, peer, is_soon=lambda: self._failures.spend(peer))
        except Unavailable as error:
            self._floods.wrong(context.peer())
            await abort(context, error)
        if stored is None:
            self._floods.wrong(context.peer())
            reason = Failure.WRONG_SECRET if self._keyring.has(key.public_id) else Failure.UNKNOWN
            self._failures.count(peer, reason, key.public_id)
            await _refuse(context, _INVALID)
        return stored


def _with(found: grpc.RpcMethodHandler, wrap: Callable[[Call], Call]) -> grpc.RpcMethodHandler:
    kind = "stream_stream" if found.response_streaming else "stream_unary"
    return found._replace(**{kind: wrap(getattr(found, kind))})


async def _refuse(context: grpc.aio.ServicerContext, status: grpc.Status) -> NoReturn:
    await context.abort_with_status(status)
    raise AssertionError  # abort_with_status always raises


def _given(details: grpc.HandlerCallDetails) -> ApiKey | None:
    given = [value for name, value in details.invocation_metadata or () if name == "authorization"]
    return ApiKey.parse(given[0]) if len(given) == 1 else None
