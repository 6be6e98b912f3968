"""Health checks beside TLS: Consul's agent and the kubelet have no certificate of the mesh.

The port is plaintext, says whether the process serves, and takes nothing else. It bounds what a stranger may
cost: few calls at a time, whose requests are not read, and no `Watch`, which would keep a call open.
"""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health

from services.runtime.address import host_of

MOST_CONNECTIONS = 500
"""The last third is for newcomers (`services.runtime.crowd`): a prober connects for one check."""
_LARGEST_BYTES = 1024
_MOST_CALLS = 16
_OPTIONS = (
    ("grpc.max_connection_idle_ms", 10_000),
    ("grpc.server_handshake_timeout_ms", 5000),
    ("grpc.max_receive_message_length", _LARGEST_BYTES),
    ("grpc.max_metadata_size", _LARGEST_BYTES),
    ("grpc.so_reuseport", 0),
)
_ANY_HOST = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on


class HealthPort:
    """Answers as the process's own health service does."""

    def __init__(
        self, listen: str, servicer: health.HealthServicer, most_connections: int = MOST_CONNECTIONS
    ) -> None:
        self._listen = listen
        options = (*_OPTIONS, ("grpc.max_allowed_incoming_connections", most_connections))
        self._server = grpc.aio.server(options=options, maximum_concurrent_rpcs=_MOST_CALLS)
        self._server.add_generic_rpc_handlers((_check_only(servicer),))
        self._port = self._server.add_insecure_port(listen)

    @property
    def port(self) -> int:
        """The one that it listens on."""
        return int(self._port)

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


def _check_only(servicer: health.HealthServicer) -> grpc.GenericRpcHandler:
    """Answers before anything of the request is read: a caller who never sends it holds no place."""

    async def check(_: Any, context: grpc.aio.ServicerContext) -> health_pb2.HealthCheckResponse:
        return await servicer.Check(health_pb2.HealthCheckRequest(), context)

    answer = health_pb2.HealthCheckResponse.SerializeToString
    check_handler = grpc.stream_unary_rpc_method_handler(check, None, answer)
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check_handler})
