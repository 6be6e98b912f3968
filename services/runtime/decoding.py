"""Bytes that are no message of their method: the caller is told, and nobody else is.

gRPC itself answers such bytes with UNKNOWN and writes a traceback into the log, so a stranger could fill it.
Here the deserialiser never raises: what it cannot read is a mark, which ends the call before its method
sees it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from services.runtime.errors import InvalidArgument, Violation
from services.runtime.interceptor import CallInterceptor, Deserializer, Next

_FIELD = "request"
_WHY = (
    "is no message of this method: its bytes cannot be read, or a text in it is not UTF-8; send what a"
    " library makes of the method's proto"
)


@dataclass(frozen=True)
class Undecodable:
    """Stands for bytes that could not be read."""


_UNDECODABLE = Undecodable()


class DecodingInterceptor(CallInterceptor):
    """Refuses what cannot be read, also to the reflection and health services."""

    is_general = True

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler; the requests of a stream are looked at one by one as they come."""
        found = await super().intercept_service(continuation, details)
        if found is None:
            return None
        return found._replace(request_deserializer=_marking(found.request_deserializer))

    def requests(self, given: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Raises `InvalidArgument` where one cannot be read."""
        return _readable(given)

    @asynccontextmanager
    async def around(
        self,
        method: str,  # noqa: ARG002 - the same for all
        request: Any,
        context: grpc.aio.ServicerContext,  # noqa: ARG002
    ) -> AsyncIterator[None]:
        """Raises `InvalidArgument` for a request that cannot be read."""
        _refuse_unreadable(request)
        yield


def _marking(deserializer: Deserializer) -> Deserializer:
    def decoded(content: bytes) -> Any:
        try:
            return deserializer(content)
        except (DecodeError, ValueError, RecursionError):
            return _UNDECODABLE

    return decoded


def _refuse_unreadable(request: Any) -> None:
    if request is _UNDECODABLE:
        raise InvalidArgument([Violation(_FIELD, _WHY)])


async def _readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        _refuse_unreadable(request)
        yield request
