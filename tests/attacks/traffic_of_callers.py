"""Another caller's calls, which an attack must not slow down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc

from kompang.v1 import accounts_pb2, devices_pb2
from tests.integration.gateway.mesh import Client
from tests.support.slowness import patient


@asynccontextmanager
async def own_connection(address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel that shares its connection with no other one."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel


@asynccontextmanager
async def ask_until(client: Client) -> AsyncIterator[list[float]]:
    """Asks for the account's settings again and again; the seconds that each answer took."""
    taken: list[float] = []
    answered = asyncio.Event()

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        while True:
            begin = loop.time()
            await client.call(client.accounts.GetAccount, accounts_pb2.GetAccountRequest(name="accounts/-"))
            taken.append(loop.time() - begin)
            answered.set()

    asking = asyncio.create_task(ask(), name="ask")
    try:
        yield taken
        # An attack may be over sooner than the first answer takes.
        async with asyncio.timeout(patient(5)):
            await answered.wait()
    finally:
        asking.cancel()
        await asyncio.wait({asking})
    assert taken, "not one answer came"


async def call_again(client: Client) -> None:
    """Until it is not refused: the line may be full, and a key that was just made be unknown yet."""
    while True:
        with suppress(grpc.aio.AioRpcError):
            await client.call(client.devices.ListDevices, devices_pb2.ListDevicesRequest())
            return
