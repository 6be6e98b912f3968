"""The gRPC server of a process: health, reflection, and the interceptors every call passes."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection
from opentelemetry.instrumentation.grpc import aio_server_interceptor, filters

from services.runtime.channel import SERVER_OPTIONS
from services.runtime.interceptor import ErrorInterceptor, ValidationInterceptor
from services.runtime.settings import ServerSettings
from services.runtime.validation import Check, violations
from services.runtime.writing import WritingInterceptor

# `(add_XServicer_to_server, servicer)`: what a process serves.
Registration = tuple[Callable[[Any, Any], None], object]


class Server:
    """Serves inside `async with`; at the end it fails its health checks, then waits `drain_s` for open calls.

    Endless streams must end by themselves when the process drains: a stop waits for them.
    """

    def __init__(
        self,
        settings: ServerSettings,
        registrations: Sequence[Registration],
        service_names: Sequence[str],
        *,
        interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
        check: Check = violations,
        streams: Sequence[str] = (),
    ) -> None:
        """`interceptors` see a call before `check` sees its request.

        `streams` names the methods that last as long as the connection: a span of such a call would say
        nothing, and their frames carry the trace context.
        """
        self._settings = settings
        self._names = tuple(service_names)
        untraced = filters.any_of(
            filters.health_check(),
            *map(filters.method_name, ("ServerReflectionInfo", *streams)),
        )
        self._server = grpc.aio.server(
            interceptors=[
                WritingInterceptor(),
                aio_server_interceptor(filter_=filters.negate(untraced)),
                ErrorInterceptor(),
                *interceptors,
                ValidationInterceptor(check),
            ],
            options=SERVER_OPTIONS,
        )
        for add, servicer in registrations:
            add(servicer, self._server)
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (*self._names, "grpc.health.v1.Health", reflection.SERVICE_NAME), self._server
        )
        self._port = self._server.add_insecure_port(settings.listen)

    @property
    def address(self) -> str:
        """host:port where others reach it."""
        host = self._settings.listen.rsplit(":", 1)[0]
        return self._settings.advertise or f"{host}:{self._port}"

    async def __aenter__(self) -> "Server":
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._settings.drain_s if kind is None else 0.1)
