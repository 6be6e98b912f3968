"""Who was ever granted a shard, and under which epoch: what a host reports counts for these alone.

A host that has lost its lease still reports what it sent, and what people wrote, while it held it. So the
question is not who holds the shard now but who held it (`lease_grant`). That a shard was granted never
becomes untrue; so the newest grant of each shard that is served here is also kept in memory, and asking about
it costs no statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.dispatch.devices.roster import Roster


@dataclass(frozen=True, slots=True)
class Report:
    """An incarnation says something of a device, under an epoch or (None) any that it held."""

    device_id: int
    epoch: int | None
    incarnation: str


class GrantStore(Protocol):
    """Reads what was granted."""

    async def granted(self, reports: Sequence[Report]) -> set[Report]:
        """Those whose incarnation was granted the device's shard, under that epoch."""


class Grants:
    """The grants of this replica's memory, and all others in the database."""

    def __init__(self, store: GrantStore, roster: Roster) -> None:
        self._store = store
        self._roster = roster
        self._newest: dict[int, tuple[int, str]] = {}

    def remember(self, shard: int, epoch: int, incarnation: str) -> None:
        """The shard was granted."""
        self._newest[shard] = epoch, incarnation

    def forget(self, shards: Iterable[int]) -> None:
        """These leases are lost: the database knows whether they ever were."""
        for shard in shards:
            self._newest.pop(shard, None)

    async def of(self, reports: Iterable[Report]) -> set[Report]:
        """Those that count. Raises as the store does."""
        asked = set(reports)
        known = {report for report in asked if self._knows(report)}
        others = list(asked - known)
        return known | (await self._store.granted(others) if others else set())

    def _knows(self, report: Report) -> bool:
        slot = self._roster.slot(report.device_id)
        if slot is None:
            return False
        epoch, incarnation = self._newest.get(slot.place.shard, (None, ""))
        return incarnation == report.incarnation and report.epoch in (epoch, None)
