"""A caller of the gateway who writes one lead after the other, whatever happens, and notes every answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from kompang.v1 import devices_pb2
from tests.faults.verdict import Broken
from tests.scenarios.integrator import Integrator

_AGAIN_S = 0.05
_FIRST_LEAD = 500_000


class Upserts:
    """What was acknowledged, and how often the rest was refused with which code."""

    def __init__(self, client: Integrator) -> None:
        self.acknowledged: list[str] = []
        self.refused: Counter[grpc.StatusCode] = Counter()
        self._client = client
        self._number = _FIRST_LEAD

    async def run(self, devices: list[devices_pb2.Device]) -> None:
        """Write, for ever."""
        while True:
            await self.run_once(devices)
            await asyncio.sleep(_AGAIN_S)

    async def run_once(self, devices: list[devices_pb2.Device]) -> None:
        """One lead, under a request id of its own."""
        self._number += 1
        try:
            made = await self._client.upsert_leads([self._number], devices, trigger="")
        except grpc.aio.AioRpcError as error:
            self.refused[error.code()] += 1
        else:
            self.acknowledged.append(made[0].name)

    def assert_clear(self, *codes: grpc.StatusCode) -> None:
        """Raise Broken if a call was refused with any other code."""
        if other := self.refused.keys() - set(codes):
            raise Broken(f"calls were answered {', '.join(sorted(code.name for code in other))}")

    async def assert_all_there(self) -> None:
        """Raise Broken if a lead that was acknowledged is not there."""
        for name in self.acknowledged:
            try:
                await self._client.get_lead(name)
            except grpc.aio.AioRpcError as error:
                raise Broken(f"{name} was acknowledged and is {error.code().name}") from error

    def told(self) -> str:
        """How often each code was the answer."""
        counts = [f"{count} {code.name}" for code, count in self.refused.most_common()]
        return ", ".join([f"{len(self.acknowledged)} OK", *counts])


@asynccontextmanager
async def upserting(client: Integrator) -> AsyncIterator[Upserts]:
    """Write until the block ends."""
    devices = await client.create_devices(1, min_s=1, max_s=1)
    upserts = Upserts(client)
    async with asyncio.TaskGroup() as group:
        writer = group.create_task(upserts.run(devices))
        yield upserts
        writer.cancel()
