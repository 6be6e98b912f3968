"""A shard host against real Consul, a real stream to a scripted dispatch, and the simulated network."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from infra.local.network.server import RunningNetwork
from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.discovery import Discovery
from services.runtime.lifecycle import Life
from shardhost.process import run
from shardhost.settings import HostSettings
from tests.integration.shardhost.fake_dispatch import FakeDispatch
from tests.support.plain_template import plain
from tests.support.proxy import Proxy
from tests.support.slowness import patient

PHONE = 60120000000
SHARDS = 8


@dataclass
class Rig:
    dispatch: FakeDispatch
    discovery: Discovery
    network: RunningNetwork
    settings: Callable[[str], HostSettings]
    dispatch_proxy: Proxy

    @asynccontextmanager
    async def host(self, name: str) -> AsyncIterator[Life]:
        """A host that has attached; drained at the end."""
        life = Life()
        running_host = asyncio.create_task(run(self.settings(name), life))
        try:
            await _first(life.when_ready(), running_host)
            yield life
        finally:
            life.drain()
            await asyncio.wait_for(running_host, patient(20))

    def message(self, number: int, device: int, **fields: object) -> pb.OutgoingMessage:
        values: dict[str, object] = {
            "message_id": number,
            "scheduled_at_us": 1,
            "device_id": device,
            "epoch": self.dispatch.epochs[device % SHARDS],
            "template_id": 1,
            "recipient": str(PHONE + 500 + number),
            "name": "Aminah",
            "wire_id": f"W{number}",
        }
        return pb.OutgoingMessage(**{**values, **fields})  # type: ignore[arg-type]

    def hand(self, *messages: pb.OutgoingMessage) -> None:
        self.dispatch.send(messages=pb.MessageFrame(templates=[plain("Hi {name}")], messages=messages))

    async def members(self) -> frozenset[str]:
        async with aclosing(self.discovery.watch_members()) as changes:
            return (await anext(changes)).ids

    @property
    def entries(self) -> int:
        return self.network.network.stats.accepted


async def _first(wanted: Awaitable[object], running_host: asyncio.Task[None]) -> None:
    waiting = asyncio.ensure_future(wanted)
    await asyncio.wait({waiting, running_host}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    if running_host.done():
        waiting.cancel()
        running_host.result()
    assert waiting.done()
