"""The gRPC server of a process: health, reflection, and the interceptors every call passes."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection
from opentelemetry.instrumentation.grpc import aio_server_interceptor, filters

from services.runtime.interceptor import Check, ErrorInterceptor, ValidationInterceptor, violations
from services.runtime.settings import ServerSettings

_FRAME_BYTES = 16 * 1024 * 1024

_OPTIONS = [
    ("grpc.max_send_message_length", _FRAME_BYTES),
    ("grpc.max_receive_message_length", _FRAME_BYTES),
    # Clients of ours ping every 4 s to notice a half-open connection.
    ("grpc.http2.min_ping_interval_without_data_ms", 2000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 10000),
    ("grpc.keepalive_timeout_ms", 5000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.so_reuseport", 0),
]

# `(add_XServicer_to_server, servicer)`: what a process serves.
Registration = tuple[Callable[[Any, Any], None], object]


class Server:
    """Serves inside `async with`; at the end it tells health checks, then waits `drain_s` for open calls.

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
    ) -> None:
        """`interceptors` see a call before `check` sees its request."""
        self._settings = settings
        self._names = tuple(service_names)
        probes = filters.any_of(
            filters.health_check(),
            filters.method_name("Attach"),
            filters.method_name("Connect"),
            filters.method_name("ServerReflectionInfo"),
        )
        self._server = grpc.aio.server(
            interceptors=[
                aio_server_interceptor(filter_=filters.negate(probes)),
                ErrorInterceptor(),
                *interceptors,
                ValidationInterceptor(check),
            ],
            options=_OPTIONS,
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
