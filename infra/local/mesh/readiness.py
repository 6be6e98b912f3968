"""Probes of one process: whether it serves now. Callers repeat them until the answer is yes."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.channel import connect

_SECONDS = 1.0


async def is_serving(address: str) -> bool:
    """Whether the process at host:port says through grpc.health that it serves."""
    async with connect(address, traced=False) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def is_listening(address: str) -> bool:
    """Whether a gRPC server without health checks accepts connections at host:port."""
    async with connect(address, traced=False) as channel:
        state = channel.get_state(try_to_connect=True)
        while state not in (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.TRANSIENT_FAILURE):
            await channel.wait_for_state_change(state)
            state = channel.get_state()
    return state is grpc.ChannelConnectivity.READY
