"""The simulated network, and the people on it: what arrives at them, and what they write back."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from infra.local.mesh import Mesh
from infra.local.network.ledger import Entry
from infra.local.network.ledger_tail import LedgerTail
from kompang.simulation.v1 import behavior_pb2 as pb
from kompang.simulation.v1 import network_pb2, network_pb2_grpc
from services.runtime.channel import connect

_CALL_S = 10.0


class SimulatedPeople:
    """Reads what the network delivered, and writes replies."""

    def __init__(self, mesh: Mesh, stub: network_pb2_grpc.NetworkServiceStub) -> None:
        self._stub = stub
        self._tail = LedgerTail(mesh.ledger_path)
        self._arrived: list[Entry] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, mesh: Mesh) -> AsyncIterator["SimulatedPeople"]:
        """Connect to the network of a running mesh."""
        async with connect(mesh.network_address, traced=False) as channel:
            yield cls(mesh, network_pb2_grpc.NetworkServiceStub(channel))

    def arrived(self) -> Sequence[Entry]:
        """Every message that was delivered so far, in order: the ledger without its repeats."""
        self._arrived += [entry for entry in self._tail.read() if not entry.repeat]
        return self._arrived

    async def set_behavior(self, script: pb.Behavior) -> None:
        """Change how the network treats every message that arrives from now on."""
        await self._stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=_CALL_S)

    async def write(self, sender: str, device: str, text: str) -> float:
        """Write to a device as a person; the time in seconds since 1970. Numbers with their plus."""
        request = network_pb2.ReplyRequest(phone=device.lstrip("+"), sender=sender.lstrip("+"), text=text)
        await self._stub.Reply(request, timeout=_CALL_S)
        return time.time()
