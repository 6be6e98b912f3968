"""Kills a shard host and measures the time until the other hosts do its work."""

import asyncio
import time
from typing import Self

import asyncpg

from infra.local.demo.progress import SQL
from infra.local.mesh import Mesh, read_leases
from infra.local.network.ledger_tail import LedgerTail

_GIVE_UP_S = 60.0
_POLL_S = 0.05


class Takeover:
    """One killed host, `victim`, and the shards that were leased to it."""

    def __init__(self, mesh: Mesh, victim: str, shards: list[int]) -> None:
        self._mesh = mesh
        self.victim = victim
        self._shards = shards
        self._tail = LedgerTail(mesh.ledger_path)
        self._seen: set[str] = set()
        self._killed_at = time.time()
        self._started = time.monotonic()

    @classmethod
    def begin(cls, mesh: Mesh, victim: str, shards: list[int]) -> Self:
        """Kill the host with SIGKILL; the clock runs from here."""
        takeover = cls(mesh, victim, shards)
        mesh.kill(victim)
        return takeover

    async def finished(self) -> float | None:
        """Seconds from the kill until the others do the victim's work; None when they do not within 60 s.

        That is when each of its shards has a live lease of another host, and each of its devices that had
        something due has been seen sending again in the ledger.
        """
        async with self._mesh.connection() as connection:
            due = await connection.fetchval(SQL.now)
            while (seconds := time.monotonic() - self._started) < _GIVE_UP_S:
                if await self._is_leased(connection) and not await self._waiting(connection, due):
                    return seconds
                await asyncio.sleep(_POLL_S)
        return None

    async def _is_leased(self, connection: asyncpg.Connection) -> bool:
        leases = await read_leases(connection)
        return all(leases.get(shard, self.victim) != self.victim for shard in self._shards)

    async def _waiting(self, connection: asyncpg.Connection, due: object) -> set[str]:
        """The devices with something to send that no other host has sent for yet."""
        rows = await connection.fetch(SQL.waiting, self._shards, due)
        for entry in self._tail.read():
            if entry.time > self._killed_at and entry.host != self.victim:
                self._seen.add(entry.device)
        return {row["device"] for row in rows} - self._seen
