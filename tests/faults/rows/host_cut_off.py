"""Row 7: a shard host is cut from Consul, from dispatch, and from both, by a proxy between them.

The host under test finds dispatch under a service of its own, whose addresses are the proxies'.
"""

import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from infra.local.stack import LocalStack
from services.runtime.discovery import Discovery
from tests.faults.proxy import Proxy, proxied
from tests.faults.scene import Scene, say, scene
from tests.faults.verdict import Fell

HOST = "host-4"
_SERVICE = "dispatch-by-proxy"
_DISPATCHERS = ("dispatch-1", "dispatch-2")
_DEADLINE_S = 60.0
# The term, counted from the last renewal that was answered.
STOPPED_S = 5.0


@dataclass
class Lines:
    """Between the host and the others."""

    consul: Proxy
    dispatch: list[Proxy]


async def run(draw: random.Random, cut_s: tuple[float, float] = (12.0, 20.0)) -> str:
    """The figures. Raises Fell."""
    async with AsyncExitStack() as resources:
        lines = Lines(
            await resources.enter_async_context(proxied()),
            [await resources.enter_async_context(proxied()) for _ in _DISPATCHERS],
        )
        own = {HOST: {"KOMPANG_CONSUL_ADDRESS": lines.consul.address, "KOMPANG_DISPATCH_SERVICE": _SERVICE}}
        stage = await resources.enter_async_context(scene(draw, hosts=2, overrides=own))
        await _connect(stage, lines, resources)
        consul = await _cut(stage, "consul", [lines.consul], cut_s)
        dispatch = await _cut(stage, "dispatch", lines.dispatch, cut_s)
        both = await _cut(stage, "both", [lines.consul, *lines.dispatch], cut_s)
        accepted = await stage.finish()
        if consul.sends_stopped:
            raise Fell("cut from Consul only, the host stopped sending")
        late = max(dispatch.last_send_s, both.last_send_s)
        if late > STOPPED_S:
            raise Fell(f"cut from dispatch, it sent for {late:.1f} s; the term is {STOPPED_S:g} s")
    return f"{accepted} sends: from Consul it went on; from dispatch it stopped after {late:.1f} s"


@dataclass
class Cut:
    """What was seen: when the host sent last under its old epochs, and whether that was before the end."""

    last_send_s: float
    sends_stopped: bool


async def _connect(stage: Scene, lines: Lines, resources: AsyncExitStack) -> None:
    """Start the host behind the proxies, and wait for its share."""
    lines.consul.target = stage.stack.consul[0].address
    discovery = await resources.enter_async_context(_discovery(stage.stack, stage.mesh.name))
    for name, proxy in zip(_DISPATCHERS, lines.dispatch, strict=True):
        proxy.target = stage.mesh.part(name).address
        await resources.enter_async_context(discovery.announce(_SERVICE, name, proxy.address))
    await stage.mesh.start_host(HOST)
    await stage.mesh.until_leased()


@asynccontextmanager
async def _discovery(stack: LocalStack, mesh: str) -> AsyncIterator[Discovery]:
    async with Discovery(stack.consul[0].address, prefix=mesh) as discovery:
        yield discovery


async def _cut(stage: Scene, what: str, proxies: list[Proxy], cut_s: tuple[float, float]) -> Cut:
    """Cut or swallow, at random; restore; wait until the host has its share again."""
    await stage.mesh.until_leased()
    await stage.pause(1.0, 3.0)
    owned = await stage.epochs_of(HOST)
    await stage.expect_repeats([HOST])
    silently = stage.draw.random() < 0.5
    at = time.monotonic()
    for proxy in proxies:
        proxy.blackhole() if silently else proxy.cut()
    await stage.pause(*cut_s)
    end = time.monotonic()
    for proxy in proxies:
        proxy.restore()
    sends = [e.mono for e in stage.watch.since(at) if owned.get(e.device) == e.epoch and e.mono < end]
    last = max(sends, default=at)
    found = Cut(last - at, last < end - STOPPED_S)
    how = "swallowed" if silently else "cut"
    say(f"{what} {how} for {end - at:.0f} s: last send under the old epochs after {found.last_send_s:.1f} s")
    await stage.mesh.until_leased()
    await stage.until_all_send(time.monotonic(), _DEADLINE_S)
    return found
