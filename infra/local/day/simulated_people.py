"""Everybody else: the simulated network and the people on it."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import grpc
from google.protobuf import json_format

from infra.local.demo.ledger_tail import LedgerTail
from infra.local.mesh import Mesh
from infra.local.mesh.process_specs import Overrides
from infra.local.mesh.readiness import OPTIONS
from infra.local.network.ledger import Entry
from kompang.simulation.v1 import behavior_pb2 as pb
from kompang.simulation.v1 import network_pb2, network_pb2_grpc

_CALL_S = 10.0

# On the day's short clock: a send is asked about again after 3 s, a failure is final after three attempts.
PATIENCE: Overrides = {
    "host": {"KOMPANG_SEND_TIMEOUT_S": "3"},
    "dispatch": {"KOMPANG_RETRY_S": "0.3", "KOMPANG_ATTEMPTS": "3"},
}


def weather(*, absent: Iterable[str] = (), refused: Iterable[str] = (), is_fair: bool = False) -> pb.Behavior:
    """A slow tail, lost sends and acknowledgements, passing errors; nothing that ends a device.

    A send is accepted half a second after its arrival at the latest, so that what comes later than 2 s after
    a pause is the mesh's fault. `absent` have no WhatsApp; to `refused` nothing goes for now. Numbers without
    their plus. `is_fair`: nothing is refused.
    """
    conduct = pb.Conduct(
        accept_latency=_latency(40, 500), ack_latency=_latency(20, 500), open_latency=_latency(100, 1000)
    )
    if not is_fair:
        conduct.lost_send, conduct.lost_ack = 0.003, 0.005
        conduct.refusals.add(failure=pb.FAILURE_TRANSIENT, probability=0.01)
        conduct.refusals.add(failure=pb.FAILURE_RATE_LIMITED, probability=0.001, hold_ms=1000)
    script = pb.Behavior(seed=1, conduct=conduct, absent_recipients=list(absent))
    for phone in refused:
        script.recipients[phone].refusals.add(failure=pb.FAILURE_TRANSIENT, probability=1)
    return script


def as_json(script: pb.Behavior) -> str:
    """For the command line of the network."""
    return json_format.MessageToJson(script, indent=None)


class SimulatedPeople:
    """Listens to what arrives, and writes back."""

    def __init__(self, mesh: Mesh, stub: network_pb2_grpc.NetworkServiceStub) -> None:
        self._stub = stub
        self._tail = LedgerTail(mesh.ledger_path)
        self._arrived: list[Entry] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, mesh: Mesh) -> AsyncIterator["SimulatedPeople"]:
        """At the network of a running mesh."""
        async with grpc.aio.insecure_channel(mesh.network_address, options=OPTIONS) as channel:
            yield cls(mesh, network_pb2_grpc.NetworkServiceStub(channel))

    def arrived(self) -> Sequence[Entry]:
        """Everything that was delivered so far, in order: the ledger without its repeats."""
        self._arrived += [entry for entry in self._tail.read() if not entry.repeat]
        return self._arrived

    async def behave(self, script: pb.Behavior) -> None:
        """Change the network's ways, from the next arrival on."""
        await self._stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=_CALL_S)

    async def write(self, sender: str, device: str, text: str) -> float:
        """A person writes to a device; when that was, in seconds since 1970. Numbers with their plus."""
        request = network_pb2.ReplyRequest(phone=device.lstrip("+"), sender=sender.lstrip("+"), text=text)
        await self._stub.Reply(request, timeout=_CALL_S)
        return time.time()


def _latency(median_ms: float, cap_ms: float) -> pb.Latency:
    return pb.Latency(lognormal=pb.LognormalLatency(median_ms=median_ms, sigma=0.9, cap_ms=cap_ms))
