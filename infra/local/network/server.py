"""The network put together: ledger, decisions, gRPC server; started in a process or in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from infra.local.network.ledger import Ledger
from infra.local.network.network import Network
from infra.local.network.presets import checked
from infra.local.network.service import NetworkServicer
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from services.runtime.channel_options import SERVER_OPTIONS

_GRACE_S = 2.0


@dataclass(frozen=True)
class RunningNetwork:
    """A network that listens at `address` (host:port)."""

    address: str
    network: Network


@asynccontextmanager
async def running(
    ledger: Path, behavior: behavior_pb2.Behavior, port: int = 0
) -> AsyncIterator[RunningNetwork]:
    """Serve on loopback until the block ends, then end the streams and what is in flight.

    Raises ValueError for a bad behaviour or ledger, BlockingIOError for a ledger in use, RuntimeError
    for a port in use.
    """
    compiled = checked(behavior)
    accepted = Ledger(ledger)
    try:
        network = Network(accepted, compiled)
        server = _server(network)
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        async with asyncio.TaskGroup() as group:
            decisions = group.create_task(network.run())
            await server.start()
            try:
                yield RunningNetwork(f"127.0.0.1:{bound}", network)
            finally:
                # Streams never end by themselves; without this, stop would wait its whole grace.
                network.end_links()
                await server.stop(_GRACE_S)
                decisions.cancel()
    finally:
        accepted.close()


def _server(network: Network) -> grpc.aio.Server:
    server = grpc.aio.server(options=SERVER_OPTIONS)
    servicer = NetworkServicer(network)
    network_pb2_grpc.add_NetworkServiceServicer_to_server(servicer, server)
    name = network_pb2.DESCRIPTOR.services_by_name["NetworkService"].full_name
    checks = health.HealthServicer()
    for service in ("", name):
        checks.set(service, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((name, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server
