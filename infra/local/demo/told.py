"""What the network told hosts of messages: until they have confirmed it, and what else a dead host knew."""

import asyncio
import time

from infra.local.mesh import Mesh
from infra.local.reconcile import Records
from kompang.simulation.v1 import network_pb2, network_pb2_grpc
from services.runtime.channel import connect

# The slowest receipt of a run is told some 10 s after its message.
_LONGEST_S = 30.0
_LOOK_S = 0.2
_CALL_S = 5.0


async def all_told(mesh: Mesh) -> network_pb2.Stats:
    """What the network has counted, once nothing waits there any more, or after half a minute."""
    deadline = time.monotonic() + _LONGEST_S
    async with connect(mesh.network_address, traced=False) as channel:
        stub = network_pb2_grpc.NetworkServiceStub(channel)
        while True:
            stats: network_pb2.Stats = await stub.GetStats(network_pb2.GetStatsRequest(), timeout=_CALL_S)
            if not stats.waiting_receipt_count or time.monotonic() > deadline:
                return stats
            await asyncio.sleep(_LOOK_S)


def cut_off(mesh: Mesh, records: Records) -> int:
    """How many sends the hosts that died had in hand at most, and told nobody of: one a device."""
    dead = sum(not mesh.processes[host].alive for host in mesh.hosts)
    return dead * len({message.device for message in records.messages})
