"""The due scan and its cursors as typed calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.runtime.postgres import Postgres
from services.runtime.queries import Queries

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Due:
    """A message found by the scan; `due_s` is negative when it is overdue.

    Left over: it is in flight, on a device whose host has said that nothing is.
    """

    device_id: int
    message_id: int
    scheduled_at: datetime
    due_s: float
    is_left_over: bool


class DueStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def scan(self, devices: Mapping[int, bool], room: int, horizon_s: float) -> list[Due]:
        """The first `room` messages of each device that are due within the horizon, in order.

        `devices` says of each whether its host has said that nothing is in flight there.
        """
        rows = await self._postgres.fetch(
            SQL.scan, list(devices), [room] * len(devices), list(devices.values()), horizon_s
        )
        return [Due(**row) for row in rows]

    async def advance_cursors(self, devices: Sequence[int]) -> None:
        """Moves the places where the scans of these devices start."""
        await self._postgres.execute(SQL.advance_cursors, list(devices))
