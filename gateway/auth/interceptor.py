"""Every call of the public API passes here first; health and reflection need no key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from gateway.auth.caller import Caller, current_caller
from gateway.auth.failures import Failure, Failures, peer_of
from gateway.auth.key import ApiKey
from gateway.auth.keyring import Keyring, without_scope
from gateway.auth.open_calls import OpenCalls
from gateway.auth.records import Records
from gateway.auth.scopes import REQUIRED
from gateway.auth.store import StoredKey
from services.reasons import Reason
from services.runtime.errors import Unauthenticated
from services.runtime.interceptor import CallInterceptor


class AuthInterceptor(CallInterceptor):
    """Raises `Unauthenticated` without a good key, `PermissionDenied` without the method's scope.

    The same where a key ceases to be good while its call is under way.
    """

    def __init__(self, keyring: Keyring, open_calls: OpenCalls, failures: Failures, records: Records) -> None:
        self._keyring = keyring
        self._open_calls = open_calls
        self._failures = failures
        self._records = records

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:
        """The caller is known for the time of the call."""
        name = method.removeprefix("/")
        stored = await self._authenticated(context)
        scope = _authorised(stored, name)
        # Not reset: the call has a context of its own, and a stream may be closed from another one.
        current_caller.set(Caller(stored.account_id, stored.id, name))
        self._records.use(stored.id)
        with self._open_calls.opened(stored.public_id, scope):
            yield

    async def _authenticated(self, context: grpc.aio.ServicerContext) -> StoredKey:
        peer = peer_of(context.peer())
        given = [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        key = ApiKey.parse(given[0]) if len(given) == 1 else None
        if key is None:
            self._failures.count(peer, Failure.MISSING)
            raise Unauthenticated(
                "send your API key as metadata: `authorization: Bearer kpg_...`",
                reason=Reason.API_KEY_MISSING,
            )
        stored = await self._keyring.match(key, is_soon=lambda: self._failures.spend(peer))
        if stored is None:
            reason = Failure.WRONG_SECRET if self._keyring.has(key.public_id) else Failure.UNKNOWN
            self._failures.count(peer, reason, key.public_id)
            raise Unauthenticated(
                "this API key is unknown, expired or revoked; ask the operator for a new one",
                reason=Reason.API_KEY_INVALID,
            )
        return stored


def _authorised(stored: StoredKey, name: str) -> str:
    """The scope that the method needs; one that is not listed may not be called."""
    scope = REQUIRED.get(name, "")
    if scope not in stored.scopes:
        raise without_scope(scope)
    return scope
