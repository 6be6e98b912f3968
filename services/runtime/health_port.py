"""Health checks beside TLS: Consul's agent and the kubelet have no certificate of the mesh.

The port is plaintext, says whether the process serves, and takes nothing else. It bounds what a stranger may
cost: few calls at a time, small requests, and no `Watch`, which would keep a call open.
"""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health

from services.runtime.address import host_of

_LARGEST_BYTES = 1024
_MOST_CALLS = 16
# A prober connects for one check.
_OPTIONS = (
    ("grpc.max_allowed_incoming_connections", 500),
    ("grpc.max_connection_idle_ms", 10_000),
    ("grpc.server_handshake_timeout_ms", 5000),
    ("grpc.max_receive_message_length", _LARGEST_BYTES),
    ("grpc.max_metadata_size", _LARGEST_BYTES),
    ("grpc.so_reuseport", 0),
)
_ANY_HOST = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on


class HealthPort:
    """Answers as the process's own health service does."""

    def __init__(self, listen: str, servicer: health.HealthServicer) -> None:
        self._listen = listen
        self._server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_MOST_CALLS)
        health_pb2_grpc.add_HealthServicer_to_server(_CheckOnly(servicer), self._server)
        self._port = self._server.add_insecure_port(listen)

    def address(self, advertised: str) -> str:
        """host:port for a prober that reaches the process's own port at `advertised`."""
        host = host_of(self._listen)
        found = host_of(advertised) if host in _ANY_HOST else host
        return f"[{found}]:{self._port}" if ":" in found else f"{found}:{self._port}"

    async def start(self) -> None:
        """Begins to answer."""
        await self._server.start()

    async def stop(self) -> None:
        """Ends at once."""
        await self._server.stop(0)


class _CheckOnly(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    def __init__(self, servicer: health.HealthServicer) -> None:
        self._servicer = servicer

    async def Check(  # noqa: N802 - the name of the RPC
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        return await self._servicer.Check(request, context)

    async def Watch(  # noqa: N802 - the name of the RPC
        self,
        request: health_pb2.HealthCheckRequest,  # noqa: ARG002 - gRPC gives it
        context: grpc.aio.ServicerContext,
    ) -> None:
        text = "this port answers Check only; call it again to see a change"
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, text)
