"""A Consul, and the discovery of a process that runs nowhere else."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from infra.local.servers.consul import Consul
from services.runtime.discovery import Discovery
from tests.integration.discovery.consul_cluster import consul_cluster


@pytest_asyncio.fixture(scope="session")
async def consul_address() -> AsyncIterator[str]:
    """One server for all tests that do not kill it."""
    async with consul_cluster() as (server,):
        yield server.address


@pytest.fixture
def prefix() -> str:
    """Keeps the tests on one Consul apart."""
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest_asyncio.fixture
async def discovery(consul_address: str, prefix: str) -> AsyncIterator[Discovery]:
    async with Discovery(consul_address, prefix=prefix, announce_every=0.5, check_every=1.0) as opened:
        yield opened


@asynccontextmanager
async def _healthy_server() -> AsyncIterator[str]:
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


@pytest_asyncio.fixture
async def healthy_address() -> AsyncIterator[str]:
    """Where a gRPC server answers that it is healthy."""
    async with _healthy_server() as address:
        yield address


@pytest_asyncio.fixture
async def own_consul() -> AsyncIterator[Consul]:
    """A server that the test may kill and start again."""
    async with consul_cluster() as (server,):
        yield server
