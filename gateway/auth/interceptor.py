"""Every call of the public API passes here first; health and reflection need no key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from gateway.auth.caller import Caller, current_caller
from gateway.auth.key import ApiKey
from gateway.auth.keyring import Keyring
from gateway.auth.scopes import REQUIRED
from gateway.auth.store import StoredKey
from services.reasons import Reason
from services.runtime.errors import PermissionDenied, Unauthenticated
from services.runtime.interceptor import CallInterceptor


class AuthInterceptor(CallInterceptor):
    """Raises `Unauthenticated` without a good key, `PermissionDenied` without the method's scope."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:
        """The caller is known for the time of the call."""
        name = method.removeprefix("/")
        stored = await self._authenticated(context)
        _authorise(stored, name)
        # Not reset: the call has a context of its own, and a stream may be closed from another one.
        current_caller.set(Caller(stored.account_id, stored.id, name))
        yield

    async def _authenticated(self, context: grpc.aio.ServicerContext) -> StoredKey:
        given = [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        key = ApiKey.parse(given[0]) if len(given) == 1 else None
        if key is None:
            raise Unauthenticated(
                "send your API key as metadata: `authorization: Bearer kpg_...`",
                reason=Reason.API_KEY_MISSING,
            )
        stored = await self._keyring.match(key)
        if stored is None:
            raise Unauthenticated(
                "this API key is unknown, expired or revoked; ask the operator for a new one",
                reason=Reason.API_KEY_INVALID,
            )
        return stored


def _authorise(stored: StoredKey, name: str) -> None:
    scope = REQUIRED.get(name)
    if scope is None or scope not in stored.scopes:
        raise PermissionDenied(
            f"this API key lacks the scope {scope}; ask the operator for a key that has it",
            reason=Reason.SCOPE_MISSING,
            scope=scope or "",
        )
