"""A lead list on its way through a mesh: what a scenario disturbs, and what must come of it."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import grpc

from infra.local.network.ledger import Entry, text_hash
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from kompang.v1 import devices_pb2, leads_pb2, wording_pb2
from services.runtime.channel import connect
from tests.scenarios.integrator import CHAIN, MESSAGES, Integrator, integrator, lead_name, lead_phone, text
from tests.scenarios.mesh import Mesh
from tests.support.eventually import eventually

T = TypeVar("T")

DEVICES = 8
LEADS = 16
# Well above what a send takes by itself (0.06 s), or a device without any pacing would look paced. With 22
# messages a device a run takes 5 to 8 s, long enough to be disturbed.
MIN_S, MAX_S = 0.2, 0.25
APART_S = 0.2
# Many times what an undisturbed run takes: these machines have other things to do.
DONE_S = 60.0

_CONTROL_S = 5.0


@dataclass
class Load:
    """Made by `loaded`. Waiting raises AssertionError when it takes too long."""

    mesh: Mesh
    client: Integrator
    devices: Sequence[devices_pb2.Device]
    leads: Sequence[leads_pb2.Lead]
    expected: int

    def ledger(self) -> list[Entry]:
        """What the network accepted so far."""
        return self.mesh.accepted()

    async def until_accepted(self, count: int) -> None:
        """Waits for so many messages in the ledger."""

        async def is_there() -> bool:
            return len(self.ledger()) >= count

        await eventually(is_there, within_s=DONE_S, what=f"{count} accepted messages")

    async def until_more(self, count: int) -> None:
        """Waits for so many messages on top of those in the ledger now."""
        await self.until_accepted(len(self.ledger()) + count)

    async def until_sent(self) -> None:
        """Waits until every message is known to be sent."""

        async def states() -> Counter[str] | None:
            found = await unless_away(self.client.states())
            return found if found == Counter(SENT=self.expected) else None

        try:
            # The gateway reads all messages for each answer; the ledger is a file.
            await self.until_accepted(self.expected)
            await eventually(states, within_s=DONE_S, every_s=0.1)
        except AssertionError:
            raise AssertionError(f"states at the end: {await self.client.states()}") from None

    async def behave(self, script: behavior_pb2.Behavior) -> None:
        """Changes the network's ways."""
        async with connect(self.mesh.network_address, traced=False) as channel:
            stub = network_pb2_grpc.NetworkServiceStub(channel)
            await stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=_CONTROL_S)

    async def stats(self) -> network_pb2.Stats:
        """What the network counts."""
        async with connect(self.mesh.network_address, traced=False) as channel:
            stub = network_pb2_grpc.NetworkServiceStub(channel)
            return await stub.GetStats(network_pb2.GetStatsRequest(), timeout=_CONTROL_S)

    async def reply(self, lead: leads_pb2.Lead, text: str, *, by_identity: bool = False) -> None:
        """The lead writes to the device it belongs to, which may not be told the number."""
        phones = {device.name: device.phone for device in self.devices}
        request = network_pb2.ReplyRequest(
            phone=phones[lead.device].removeprefix("+"),
            sender=lead.phone.removeprefix("+"),
            text=text,
            by_identity=by_identity,
        )
        async with connect(self.mesh.network_address, traced=False) as channel:
            await network_pb2_grpc.NetworkServiceStub(channel).Reply(request, timeout=_CONTROL_S)

    def assert_each_sent_once_in_order(self) -> None:
        """By the ledger alone: each lead got the eleven texts, once each, in order, from its own device."""
        got: dict[str, list[str]] = defaultdict(list)
        senders: dict[str, set[str]] = defaultdict(set)
        for entry in self.ledger():
            senders[entry.recipient].add(entry.device)
            if not entry.repeat:
                got[entry.recipient].append(entry.text_hash)
        wanted = {lead_phone(n).removeprefix("+"): _texts(n) for n in range(len(self.leads))}
        assert got == wanted
        assert all(len(devices) == 1 for devices in senders.values())

    def assert_paced(self) -> None:
        """By the ledger alone, across hosts: the promise is the least gap less 50 ms."""
        last: dict[str, Entry] = {}
        for entry in self.ledger():
            if not entry.repeat:
                gap = entry.gap_s(last[entry.device]) if entry.device in last else MIN_S
                assert gap >= MIN_S - 0.05, f"{gap:.3f} s between two sends of a device"
                last[entry.device] = entry


@asynccontextmanager
async def loaded(
    mesh: Mesh,
    *,
    leads: int = LEADS,
    apart_s: float = APART_S,
    behavior: behavior_pb2.Behavior | None = None,
    varied: bool = False,
    both_kinds: bool = False,
    wording: wording_pb2.Wording | None = None,
) -> AsyncIterator[Load]:
    """Everything is created and enrolled through the gateway, by its public methods only."""
    key = await mesh.create_account("acme")
    async with integrator(mesh.gateway_address, key, mesh.ca_file) as client:
        devices = await client.create_devices(DEVICES, min_s=MIN_S, max_s=MAX_S, both_kinds=both_kinds)
        await client.create_chain(apart_s=apart_s, varied=varied)
        people = await client.upsert_leads(range(leads), devices)
        if wording is not None:
            await client.speak(wording)
        load = Load(mesh, client, devices, people, leads * MESSAGES)
        if behavior is not None:
            await load.behave(behavior)
        # The gateway says UNAVAILABLE until Consul's first look at enrollment has passed.
        enrolled = await eventually(
            lambda: unless_away(client.run_enrollment()), within_s=20, what="the first enrollment"
        )
        assert (enrolled.enrolled_count, enrolled.message_count) == (leads, load.expected)
        yield load


async def unless_away(call: Awaitable[T]) -> T | None:
    """The answer, or None while the gateway says UNAVAILABLE."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return None


def _texts(number: int) -> list[str]:
    chain = [text(slug, step) for slug, steps in CHAIN for step in range(1, steps + 1)]
    return [text_hash(each.replace("{name}", lead_name(number))) for each in chain]
