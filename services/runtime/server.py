"""The gRPC server of a process: health, reflection, and the interceptors every call passes."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from types import MappingProxyType, TracebackType
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection
from opentelemetry.instrumentation.grpc import aio_server_interceptor, filters

from services.runtime.address import is_loopback
from services.runtime.channel_options import MAX_MESSAGE_BYTES, SERVER_OPTIONS
from services.runtime.closing import ClosingInterceptor
from services.runtime.containment import contained_all
from services.runtime.crowd import LOOK_S, Crowd
from services.runtime.errors import Violation
from services.runtime.health_port import MOST_CONNECTIONS as MOST_PROBERS
from services.runtime.health_port import HealthPort
from services.runtime.interceptor import ErrorInterceptor
from services.runtime.open_files import connections
from services.runtime.peer import Callers, PeerInterceptor
from services.runtime.receiving import Check, ReceivingInterceptor, Room, Sizes
from services.runtime.server_settings import ServerSettings
from services.runtime.tls import credentials
from services.runtime.tls.watched import WatchedCertificates

log = logging.getLogger(__name__)
# It warns of every caller who has left before the call is looked at: a line a call, whoever calls.
logging.getLogger("opentelemetry.instrumentation.grpc._server").setLevel(logging.ERROR)
# They warn of trace headers that are none, in the words of the caller: a line a call, of kilobytes.
logging.getLogger("opentelemetry.trace").setLevel(logging.ERROR)
logging.getLogger("opentelemetry.baggage").setLevel(logging.ERROR)

# `(add_XServicer_to_server, servicer)`: what a process serves.
Registration = tuple[Callable[[Any, Any], None], object]

# Between our own processes, whose protos say little about sizes.
_SIZES = Sizes(MAX_MESSAGE_BYTES, are_counted=False)
_ROOM = Room()
_MOST_CONNECTIONS = 2000


def _by_the_proto(request: Message) -> Sequence[Violation]:
    # Imported at the first request with rules: a process that serves streams, or health alone, has none.
    from services.runtime.validation import violations  # noqa: PLC0415

    return violations(request)


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
        gates: Sequence[grpc.aio.ServerInterceptor] = (),
        interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
        check: Check = _by_the_proto,
        streams: Sequence[str] = (),
        sizes: Sizes = _SIZES,
        room: Room = _ROOM,
        options: Sequence[tuple[str, int]] = (),
        most_connections: int = _MOST_CONNECTIONS,
        most_calls: int | None = None,
        callers: Callers = MappingProxyType({}),
    ) -> None:
        """`interceptors` see a call before anything of its request is read, within `sizes` and `room`.

        `gates` see it before all others, and answer by themselves what they refuse: it has no span.

        Above `most_connections`, or half of the files that this process may have, the next one is closed.
        Above `most_calls` at once gRPC refuses, before anything of ours is called: a burst of thousands would
        keep the event loop busy for seconds.

        `callers` says which processes may call what, on a port that asks them for certificates; nobody may
        call what it does not name.

        `streams` names the methods that last as long as the connection: a span of such a call would say
        nothing, and their frames carry the trace context.
        """
        self._settings = settings
        self._most_connections = connections(most_connections)
        self._watching: asyncio.Task[None] | None = None
        untraced = filters.any_of(
            filters.health_check(),
            *map(filters.method_name, ("ServerReflectionInfo", *streams)),
        )
        files = settings.port_certificates
        asks = files is not None and not settings.is_public
        peers = [PeerInterceptor(callers, settings.tls_domain)] if asks else []
        self._server = grpc.aio.server(
            interceptors=[
                *gates,
                ClosingInterceptor(),
                aio_server_interceptor(filter_=filters.negate(untraced)),
                ErrorInterceptor(),
                *peers,
                *interceptors,
                ReceivingInterceptor(check, sizes, settings.body_timeout_s, room),
            ],
            options=(
                *SERVER_OPTIONS,
                ("grpc.server_handshake_timeout_ms", int(settings.handshake_timeout_s * 1000)),
                ("grpc.max_receive_message_length", sizes.largest),
                ("grpc.max_allowed_incoming_connections", self._most_connections),
                *options,
            ),
            maximum_concurrent_rpcs=most_calls,
        )
        for add, servicer in registrations:
            add(servicer, self._server)
        self._health = health.HealthServicer()
        if settings.health:
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        is_local = settings.reflection == "loopback" and is_loopback(settings.listen)
        if is_local or settings.reflection == "allow":
            reflection.enable_server_reflection(
                (*service_names, "grpc.health.v1.Health", reflection.SERVICE_NAME), self._server
            )
        self._port = self._bind(WatchedCertificates(files, settings.prove_port) if files else None)
        has_port = files is not None or not settings.health
        self._health_port = (
            HealthPort(settings.health_listen, self._health, MOST_PROBERS) if has_port else None
        )

    def _bind(self, certificates: WatchedCertificates | None) -> int:
        listen = self._settings.listen
        if certificates is not None:
            return int(self._server.add_secure_port(listen, credentials.of_server(certificates)))
        if self._settings.plaintext == "allow":
            log.warning(
                "PLAINTEXT: nobody proves who he is, neither who calls this process nor whom it calls",
                extra={"listen": listen, "setting": "KOMPANG_PLAINTEXT=allow"},
            )
        return int(self._server.add_insecure_port(listen))

    @property
    def address(self) -> str:
        """host:port where others reach it."""
        host = self._settings.listen.rsplit(":", 1)[0]
        return self._settings.advertise or f"{host}:{self._port}"

    @property
    def port(self) -> int:
        """The one that it listens on."""
        return self._port

    @property
    def health_address(self) -> str:
        """host:port for health checks: a port of their own beside TLS, or where this one answers none."""
        return self._health_port.address(self.address) if self._health_port else self.address

    async def __aenter__(self) -> "Server":
        await self._server.start()
        self._watching = asyncio.create_task(self._watch(), name="places for connections")
        if self._health_port:
            await self._health_port.start()
        # Of the process as a whole: a stranger need not learn what it consists of.
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        return self

    async def _watch(self) -> None:
        crowds = [Crowd(self._port, self._most_connections)]
        if self._health_port:
            crowds.append(Crowd(self._health_port.port, MOST_PROBERS))
        while True:
            await asyncio.sleep(LOOK_S)
            for crowd in crowds:
                with contained_all("server.crowd"):
                    await crowd.run_once()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching:
            self._watching.cancel()
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._settings.drain_s if kind is None else 0.1)
        if self._health_port:
            await self._health_port.stop()
