"""Row 7: a shard host is cut from Consul, from dispatch, and from both, by a proxy between them.

Each of the three hard (connections break, new ones are refused) and silently (packets are swallowed). The
host under test finds dispatch under a service of its own, whose addresses are the proxies'.
"""

import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from infra.local.servers.stack import LocalStack
from services.runtime.discovery import Discovery
from tests.faults.context import FaultRun, fault_run
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.support.proxy import Proxy, proxied

HOST = "host-4"
_SERVICE = "dispatch-by-proxy"
_DISPATCHERS = ("dispatch-1", "dispatch-2")
_DEADLINE_S = 60.0
# The term, counted from the last renewal that was answered.
STOPPED_S = 5.0
# Consul ends a session after twice its TTL: within every cut, also while the host goes on under its leases.
_TTL_S = "5"


@dataclass
class Lines:
    """Between the host and the others."""

    consul: Proxy
    dispatch: list[Proxy]


async def run(draw: random.Random, cut_s: tuple[float, float] = (11.0, 14.0)) -> str:
    """The figures. Raises Broken."""
    async with AsyncExitStack() as resources:
        lines = Lines(
            await resources.enter_async_context(proxied()),
            [await resources.enter_async_context(proxied()) for _ in _DISPATCHERS],
        )
        stage = await resources.enter_async_context(fault_run(draw, hosts=2, overrides={HOST: _own(lines)}))
        await _connect(stage, lines, resources)
        cuts = [await _cut(stage, *each, cut_s) for each in _in_any_order(draw, lines)]
        accepted = await stage.finish()
    for cut in cuts:
        cut.judge()
    late = max(cut.last_send_s for cut in cuts if cut.what != "Consul")
    return f"{accepted} sends, {len(cuts)} cuts: without Consul it goes on; without dispatch for {late:.1f} s"


def _own(lines: Lines) -> dict[str, str]:
    return {
        "KOMPANG_CONSUL_ADDRESS": lines.consul.address,
        "KOMPANG_DISPATCH_SERVICE": _SERVICE,
        "KOMPANG_SESSION_TTL_S": _TTL_S,
    }


def _in_any_order(draw: random.Random, lines: Lines) -> list[tuple[str, list[Proxy], bool]]:
    """Every case with every kind of cut: what is cut off, by which proxies, whether silently."""
    sides = {"Consul": [lines.consul], "dispatch": lines.dispatch, "both": [lines.consul, *lines.dispatch]}
    cases = [(what, proxies, silently) for what, proxies in sides.items() for silently in (False, True)]
    return draw.sample(cases, len(cases))


@dataclass
class Cut:
    """What was seen: when the host sent last under its old epochs, and whether that was before the end."""

    what: str
    how: str
    last_send_s: float
    sends_stopped: bool

    def judge(self) -> None:
        """Cut from Consul it goes on, cut from dispatch it stops in time. Raises Broken."""
        if self.what == "Consul" and self.sends_stopped:
            raise Broken(f"{self.how} from Consul only, it sent nothing after {self.last_send_s:.1f} s")
        if self.what != "Consul" and self.last_send_s > STOPPED_S:
            told = f"{self.how} from {self.what}, it sent for {self.last_send_s:.1f} s"
            raise Broken(f"{told}; the term is {STOPPED_S:g} s")


async def _connect(stage: FaultRun, lines: Lines, resources: AsyncExitStack) -> None:
    """Start the host behind the proxies, and wait for its share."""
    lines.consul.target = stage.stack.consul[0].address
    discovery = await resources.enter_async_context(_discovery(stage.stack, stage.mesh.name))
    for name, proxy in zip(_DISPATCHERS, lines.dispatch, strict=True):
        proxy.target = stage.mesh.spec(name).address
        await resources.enter_async_context(discovery.announce(_SERVICE, name, proxy.address))
    await stage.mesh.start_host(HOST)
    await stage.mesh.until_leased()


@asynccontextmanager
async def _discovery(stack: LocalStack, mesh: str) -> AsyncIterator[Discovery]:
    async with Discovery(stack.consul[0].address, prefix=mesh) as discovery:
        yield discovery


async def _cut(
    stage: FaultRun, what: str, proxies: list[Proxy], silently: bool, cut_s: tuple[float, float]
) -> Cut:
    """Cut or swallow; restore; wait until the host has its share again."""
    await stage.pause(0.5, 1.5)
    owned = await stage.epochs_of(HOST)
    await stage.expect_repeats([HOST])
    at = time.monotonic()
    for proxy in proxies:
        proxy.blackhole() if silently else proxy.cut()
    await stage.pause(*cut_s)
    end = time.monotonic()
    for proxy in proxies:
        proxy.restore()
    sends = [e.mono for e in stage.watch.since(at) if owned.get(e.device) == e.epoch and e.mono < end]
    last = max(sends, default=at)
    found = Cut(what, "swallowed" if silently else "cut", last - at, last < end - STOPPED_S)
    await stage.mesh.until_leased()
    back = max(await stage.until_all_send(end, _DEADLINE_S))
    say(
        f"{found.how} from {what} for {end - at:.0f} s: last send under the old epochs after "
        f"{found.last_send_s:.1f} s, all devices send {back:.1f} s after its end"
    )
    return found
