"""What the key of a call allows, for as long as the call is under way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from gateway.auth.authentication import current_key
from gateway.auth.caller import Caller, current_caller
from gateway.auth.keyring import without_scope
from gateway.auth.open_calls import OpenCalls
from gateway.auth.records import Records
from gateway.auth.scopes import REQUIRED
from services.runtime.interceptor import CallInterceptor


class AuthorizationInterceptor(CallInterceptor):
    """Raises `PermissionDenied` without the method's scope; one that is not listed may not be called.

    What `OpenCalls.end` is given, where the key ceases to be good while its call is under way.
    """

    def __init__(self, open_calls: OpenCalls, records: Records) -> None:
        self._open_calls = open_calls
        self._records = records

    @asynccontextmanager
    async def around(self, method: str, context: grpc.aio.ServicerContext) -> AsyncIterator[None]:  # noqa: ARG002
        """The caller is known for the time of the call."""
        name = method.removeprefix("/")
        stored, scope = current_key.get(), REQUIRED.get(name, "")
        if scope not in stored.scopes:
            raise without_scope(scope)
        # Not reset: the call has a context of its own, and a stream may be closed from another one.
        current_caller.set(Caller(stored.account_id, stored.id, name))
        self._records.use(stored.id)
        with self._open_calls.opened(stored.public_id, scope):
            yield
