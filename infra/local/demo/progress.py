"""The progress of a run: messages by state from Postgres, sends by host from the ledger."""

import time
from collections import Counter, deque
from dataclasses import dataclass

import asyncpg

from infra.local.mesh import Mesh, read_leases
from infra.local.network.ledger_tail import LedgerTail
from services.runtime.queries import Queries

SQL = Queries.beside(__file__)
_RATE_S = 3.0


@dataclass(frozen=True)
class HostProgress:
    """One shard host; `shards` and `devices` are 0 when it has no lease."""

    name: str
    shards: int
    devices: int
    sent: int


@dataclass(frozen=True)
class Progress:
    """One moment of a run."""

    states: dict[str, int]
    open: int
    """Messages that are not finished."""
    hosts: tuple[HostProgress, ...]
    rate: float
    """Messages accepted a second, over the last few seconds."""
    repeats: int

    @property
    def total(self) -> int:
        """All messages."""
        return sum(self.states.values())

    @property
    def ended(self) -> int:
        """Messages that are finished."""
        return self.total - self.open


class ProgressReader:
    """Reads the progress of one mesh."""

    def __init__(self, mesh: Mesh, connection: asyncpg.Connection) -> None:
        self._mesh = mesh
        self._connection = connection
        self._tail = LedgerTail(mesh.ledger_path)
        self._sent: Counter[str] = Counter()
        self._repeats = 0
        self._recent: deque[float] = deque()

    async def read(self) -> Progress:
        """The progress at this moment."""
        self._read_ledger()
        states = await self._connection.fetch(SQL.states)
        return Progress(
            states={row["state"]: row["count"] for row in states},
            open=await self._connection.fetchval(SQL.open),
            hosts=await self._hosts(),
            rate=len(self._recent) / _RATE_S,
            repeats=self._repeats,
        )

    def _read_ledger(self) -> None:
        for entry in self._tail.read():
            self._repeats += entry.repeat
            if not entry.repeat:
                self._sent[entry.host] += 1
                self._recent.append(entry.time)
        while self._recent and self._recent[0] < time.time() - _RATE_S:
            self._recent.popleft()

    async def _hosts(self) -> tuple[HostProgress, ...]:
        leases = await read_leases(self._connection)
        counts = {row["shard"]: row["count"] for row in await self._connection.fetch(SQL.devices)}
        devices: Counter[str] = Counter()
        for shard, host in leases.items():
            devices[host] += counts.get(shard, 0)
        shards = Counter(leases.values())
        return tuple(
            HostProgress(name, shards[name], devices[name], self._sent[name]) for name in self._mesh.hosts
        )
