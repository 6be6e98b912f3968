"""One shard host, and all that it talks to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.network.server import running
from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.simulation.v1 import behavior_pb2
from services.runtime.discovery import Discovery
from shardhost.settings import HostSettings
from tests.integration.shardhost.fake_dispatch import FakeDispatch
from tests.integration.shardhost.rig import PHONE, SHARDS, Rig
from tests.support.proxy import Proxy, proxied


@pytest.fixture
async def consul(consul_address: str) -> AsyncIterator[Proxy]:
    """Consul as the host sees it."""
    async with proxied(consul_address) as proxy:
        yield proxy


@pytest.fixture
async def rig(consul_address: str, consul: Proxy, tmp_path: Path) -> AsyncIterator[Rig]:
    prefix = f"t{uuid4().hex[:8]}"
    dispatch = FakeDispatch(shard_count=SHARDS)
    dispatch.devices = [
        pb.Device(device_id=n, shard=n % SHARDS, transport="simulated", phone=str(PHONE + n), connect=True)
        for n in range(1, 17)
    ]
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(running(tmp_path / "ledger", behavior_pb2.Behavior()))
        discovery = await stack.enter_async_context(Discovery(consul_address, prefix=prefix, check_every=0.2))
        proxy = await stack.enter_async_context(proxied())
        await stack.enter_async_context(dispatch.serving(discovery, through=proxy))

        def settings(name: str) -> HostSettings:
            return HostSettings(
                instance=name,
                consul_address=consul.address,
                consul_prefix=prefix,
                network_address=network.address,
                session_patience_s=0,
                hand_over_s=2,
                drain_s=10,
                attach_timeout_s=1,
            )

        yield Rig(dispatch, discovery, network, settings, proxy)
