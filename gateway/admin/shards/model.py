"""Pure: what Postgres and Consul say of a shard, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class ShardState(StrEnum):
    """Whether the two agree."""

    # The holder of the lock has the lease, under the lock's index.
    SERVED = "served"
    # Nobody has the lease.
    FREE = "free"
    # The lock has a newer index than the lease: a host takes over, or is about to.
    MOVING = "moving"
    # The epoch is one that Consul has not reached: no host can get the lease. Needs a repair.
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Lease:
    """Of Postgres; the holder while its term lasts."""

    shard: int
    epoch: int
    holder: str | None


@dataclass(frozen=True, slots=True)
class Lock:
    """Of Consul: its ModifyIndex, and who holds it."""

    index: int
    holder: str | None


@dataclass(frozen=True, slots=True)
class ListedShard:
    """A lease and its lock, if there ever was one; `highest` is the highest index of all locks."""

    lease: Lease
    lock: Lock | None
    highest: int

    @property
    def state(self) -> ShardState:
        """See `ShardState`. The next lock of any shard is newer than all that there are."""
        epoch = self.lease.epoch
        if epoch > self.highest + 1:
            return ShardState.AHEAD
        if self.lease.holder is None:
            return ShardState.FREE
        is_same = self.lock is not None and self.lock.holder is not None and self.lock.index == epoch
        return ShardState.SERVED if is_same else ShardState.MOVING


def side_by_side(leases: Iterable[Lease], locks: Mapping[int, Lock]) -> list[ListedShard]:
    """Every shard."""
    highest = max((lock.index for lock in locks.values()), default=0)
    return [ListedShard(lease, locks.get(lease.shard), highest) for lease in leases]
