"""How the command reaches a gateway: where it is, with which key, and what its refusals become."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
from pydantic import Field, SecretStr

from services.runtime import channel
from services.runtime.errors import DeadlineExceeded, KompangError, Unavailable
from services.runtime.lifecycle import backoff
from services.runtime.settings import Settings

_CALL_S = 30.0
_TRIES = 4

Answer = TypeVar("Answer")


class ClientSettings(Settings):
    """Read from `KOMPANG_GATEWAY_ADDRESS` and `KOMPANG_API_KEY`."""

    gateway_address: str = Field(description="host:port of a gateway.")
    api_key: SecretStr = Field(description="As `kompang admin create-account` printed it.")


class Client:
    """Calls with a deadline and the key. What is away raises `Unavailable`, a refusal `KompangError`."""

    def __init__(self, opened: grpc.aio.Channel, settings: ClientSettings) -> None:
        self.channel = opened
        self._address = settings.gateway_address
        self._metadata = [("authorization", f"Bearer {settings.api_key.get_secret_value()}")]

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator["Client"]:
        """As the environment says; raises `pydantic.ValidationError` when it does not."""
        settings = ClientSettings()
        async with channel.connect(settings.gateway_address) as made:
            yield cls(made, settings)

    async def read(self, method: Any, request: Any) -> Any:
        """One call that changes nothing; tried again while the gateway is away."""
        return await self._repeated(
            lambda: method(request, metadata=self._metadata, timeout=_CALL_S), self._address
        )

    async def change(self, method: Any, request: Any) -> Any:
        """One mutation under a request_id of its own: it may be tried again, and is done once."""
        request.request_id = request.request_id or str(uuid.uuid4())
        return await self.read(method, request)

    async def watch(self, method: Any, request: Any) -> AsyncIterator[Any]:
        """A stream to its end, for hours if need be; begun anew when a gateway drains under it."""
        failures = 0
        while True:
            try:
                async for response in method(request, metadata=self._metadata):
                    failures = 0
                    yield response
                return
            except grpc.aio.AioRpcError as error:
                failures += 1
                if error.code() is not grpc.StatusCode.UNAVAILABLE or failures == _TRIES:
                    raise _translated(error, self._address) from error
            await asyncio.sleep(backoff(failures))

    @staticmethod
    async def _repeated(call: Callable[[], Awaitable[Answer]], address: str) -> Answer:
        for failures in range(1, _TRIES):
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise _translated(error, address) from error
                await asyncio.sleep(backoff(failures))
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            raise _translated(error, address) from error


def _translated(error: grpc.aio.AioRpcError, address: str) -> KompangError:
    details = error.details() or ""
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            return Unavailable(f"no gateway answers at {address} ({details}); set KOMPANG_GATEWAY_ADDRESS")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded(f"the gateway at {address} did not answer within {_CALL_S:.0f} s")
        case _:
            return KompangError(details or str(error.code()), reason=error.code().name)
