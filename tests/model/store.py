"""`services.dispatch.store.Store` on the model's database: the same calls, with the ways they can fail.

A statement may be late, may find the database away, and may be carried out without anybody hearing
of it. The replica may be killed at each of these points.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from services.dispatch.store import Candidate, Claimed, DeadHost, DeviceMark, DeviceRow, Due, Result, Verdict
from services.runtime.errors import Unavailable
from tests.model.database import Database
from tests.model.weather import ToPostgres

_TIMEOUT_S = 1.0

T = TypeVar("T")


class ModelStore:
    """One replica's connections."""

    def __init__(self, database: Database, way: ToPostgres) -> None:
        self._database = database
        self._way = way

    async def hand(self, candidates: Sequence[Candidate], lead_s: float) -> list[Verdict]:
        return await self._do(lambda: self._database.hand(candidates, lead_s))

    async def scan(self, devices: Sequence[int], room: int, horizon_s: float) -> list[Due]:
        return await self._do(lambda: self._database.scan(devices, room, horizon_s))

    async def templates(self, step_ids: Collection[int]) -> dict[int, str]:
        return dict.fromkeys(step_ids, "Hi {name}")

    async def record_outcomes(self, results: Sequence[Result]) -> dict[int, str]:
        return await self._do(lambda: self._database.record_outcomes(results))

    async def change_devices(self, marks: Sequence[DeviceMark]) -> set[int]:
        return await self._do(lambda: self._database.change_devices(marks))

    async def devices(self, shards: Sequence[int]) -> list[DeviceRow]:
        return await self._do(lambda: self._database.devices(shards))

    async def changed_devices(self, shards: Sequence[int], within_s: float) -> list[DeviceRow]:
        return await self._do(lambda: self._database.changed_devices(shards, within_s))

    async def attach(self, incarnation: str, host_id: str, session: str, stream: int, term_s: float) -> None:
        await self._do(lambda: self._database.attach(incarnation, host_id, session, stream, term_s))

    async def renew(self, streams: Sequence[tuple[str, int]], term_s: float) -> set[int]:
        return await self._do(lambda: self._database.renew(streams, term_s))

    async def claim(self, claims: Sequence[tuple[int, int]], incarnation: str, stream: int) -> list[Claimed]:
        return await self._do(lambda: self._database.claim(claims, incarnation, stream))

    async def release(self, claims: Sequence[tuple[int, int]], incarnation: str) -> None:
        await self._do(lambda: self._database.release(claims, incarnation))

    async def dead_hosts(self, grace_s: float) -> list[DeadHost]:
        return await self._do(lambda: self._database.dead_hosts(grace_s))

    async def bury(self, incarnations: Sequence[Any]) -> tuple[int, int]:
        return await self._do(lambda: self._database.bury(incarnations))

    async def _do(self, statement: Callable[[], T]) -> T:
        weather = self._way.weather
        late = weather.pause()
        if late:
            await asyncio.sleep(late / 2)
        if not self._way.is_open():
            await asyncio.sleep(0.05)
            raise Unavailable("the database is away")
        answer = statement()
        if weather.is_lost():
            await asyncio.sleep(_TIMEOUT_S)
            raise Unavailable("no answer")
        if late:
            await asyncio.sleep(late / 2)
        return answer
