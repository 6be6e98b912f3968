"""Finds leases that somebody has freed: the repair of an epoch, the settling of a restore, an operator.

A hand notices it, but only when a message is due; until then the shard is nobody's. Here its host is told
within two looks, and claims it anew.
"""

from collections.abc import Callable, Iterable

from services.dispatch.devices.roster import Roster
from services.dispatch.leases.store import LeaseStore


class FreedLeases:
    """`run_once` is one look at the leases of the shards served here."""

    def __init__(self, store: LeaseStore, roster: Roster, on_lost: Callable[[Iterable[int]], None]) -> None:
        """`on_lost` is called with shards whose lease is not held through us any more."""
        self._store = store
        self._roster = roster
        self._on_lost = on_lost
        self._suspect: set[tuple[int, int]] = set()

    async def run_once(self) -> None:
        """Raises as the store does."""
        believed = self._believed()
        kept = await self._store.kept([(shard, incarnation) for (shard, _), incarnation in believed.items()])
        gone = {each for each in believed if each[0] not in kept}
        # Granted or lost while the statement ran: only what is so twice, through the same stream, is.
        lost = gone & self._suspect & {*self._believed()}
        self._suspect = gone - lost
        if lost:
            self._on_lost(sorted(shard for shard, _ in lost))

    def _believed(self) -> dict[tuple[int, int], str]:
        """Incarnations by shard and the number of their stream."""
        held = {shard: self._roster.holder(shard) for shard in self._roster.shards}
        return {(shard, each.number): each.incarnation for shard, each in held.items() if each is not None}
