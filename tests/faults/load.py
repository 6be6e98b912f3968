"""The load: devices that are never idle, leads that opt out in the middle of it."""

import asyncio
import random
from dataclasses import dataclass

from infra.local.mesh import Mesh
from services.runtime.queries import Queries
from tests.faults.owner import Away, Owner
from tests.support import rows

SQL = Queries.beside(__file__)

STEPS = 11
# A device whose gap is longer than a takeover shows whether pacing survives one.
SLOW_S = (8.0, 9.0)
_FEED_S = 0.8
_AWAY_S = 0.2
_OPT_OUTS = 2
# Those fed before the latest so many are in the middle of their messages.
_FED = 100


@dataclass(frozen=True)
class Size:
    """How large the load is: quick devices, slow ones, the gap of the quick ones in seconds, the network."""

    devices: int = 240
    slow: int = 24
    gap_s: tuple[float, float] = (0.5, 0.9)
    transport: str = "simulated"


class Load:
    """`run()` feeds until `stop()`. The rate is what the devices' gaps allow: 240 at 0.7 s make 340/s."""

    def __init__(self, mesh: Mesh, owner: Owner, draw: random.Random) -> None:
        self._mesh = mesh
        self._owner = owner
        self._draw = draw
        self._is_over = asyncio.Event()
        self._number = 0
        self._account = 0
        self._sequence = 0
        self._fed: list[int] = []
        self.acknowledged = 0
        """Enrollments that Postgres said it has."""

    async def create(self, size: Size) -> None:
        """The account, its devices and the sequence."""
        connection = await self._owner.connection()
        self._account = await rows.account(connection, "load")
        low, high = size.gap_s
        count = size.devices + size.slow
        await rows.devices(connection, self._account, count, min_s=low, max_s=high, transport=size.transport)
        await self._owner.fetch(
            "UPDATE device SET min_delay = make_interval(secs => $2), max_delay = make_interval(secs => $3)"
            " WHERE id IN (SELECT id FROM device WHERE account_id = $1 ORDER BY id DESC LIMIT $4)",
            self._account,
            *SLOW_S,
            size.slow,
        )
        self._sequence = await rows.sequence(connection, self._account, STEPS)
        await self._owner.fetch(
            "SELECT ensure_partitions(now() - interval '1 week', now() + interval '2 weeks')"
        )

    async def run(self) -> None:
        """Feed, for ever or until stopped. Raises ProcessDied when the mesh lost a process."""
        while not self._is_over.is_set():
            self._mesh.check()
            try:
                await self.run_once()
                pause = _FEED_S
            except Away:
                # The row that took Postgres away brings it back.
                pause = _AWAY_S
            try:
                async with asyncio.timeout(pause):
                    await self._is_over.wait()
            except TimeoutError:
                continue

    async def run_once(self) -> None:
        """Feed the devices that are short, and let some of the new leads opt out."""
        # A number is used once, also when nobody knows what became of the statement.
        first, self._number = self._number + 1, self._number + 1000
        made = await self._owner.fetch(SQL.feed, self._account, self._sequence, first, STEPS // 2)
        self._fed += [row["id"] for row in made]
        self.acknowledged += len(made)
        if len(self._fed) > _FED:
            stopping = self._draw.sample(self._fed[:_FED], _OPT_OUTS)
            await self._owner.fetch(SQL.opt_out, stopping)
            del self._fed[:-_FED]

    def stop(self) -> None:
        """Feed no more."""
        self._is_over.set()
