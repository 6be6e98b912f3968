"""What Consul says of a claim: that the lock is the claimant's, under that epoch.

A host that claims a shard says which session holds the shard's lock, and the lock's ModifyIndex. Dispatch
believes neither: one consistent read of all locks shows whose they are (their `signature`, in
`services.runtime.discovery`). An epoch is so never one that Consul has not reached. Since an ended session is
taken off its keys in the same write, a lock that shows the session shows also that the session lives.

A claim is proven once a grant. What renews or continues a lease (a renewal, the same claim on a new stream)
is in Postgres already and needs no Consul.

On failure. While Consul is away nothing is proven, and nothing is refused: the host asks again. Each stream
waits for its claims in order, so the answer is quick then: after a read that failed the next ones fail at
once for half a second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from services.runtime.discovery import Entry, is_signed_by
from services.runtime.errors import Unavailable

LOCKS = "shards/"
AGAIN_S = 0.5
"""A host asks again after this, while Consul is away."""

_PATIENCE_S = 1.0

Claim = tuple[int, int]
Locks = Mapping[str, Entry]


class Claimant(Protocol):
    """Who claims, as it introduced itself."""

    host_id: str
    incarnation: str
    consul_session: str


class Refusal(StrEnum):
    """Why a claim is not believed."""

    # The ordinary one: the session has ended, or the lock was lost meanwhile.
    NOT_HELD = "lock_not_held"
    # The session holds the lock, and is not this host's.
    NOT_ITS_OWN = "session_of_another"
    # An older epoch of the same lock.
    OLDER = "epoch_older"
    # An epoch that Consul has not given to this lock.
    NEWER = "epoch_never_given"


FORGED = frozenset({Refusal.NOT_ITS_OWN, Refusal.NEWER})
"""What no correct host says."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Of some claims: those that Consul confirms, and those it contradicts. It was not asked of the rest."""

    confirmed: frozenset[Claim] = frozenset()
    refused: Mapping[Claim, Refusal] = field(default_factory=dict)


class LockProofs:
    """`read` reads the locks under a prefix, consistently; it raises `Unavailable`."""

    def __init__(self, read: Callable[[str], Awaitable[tuple[int, Locks]]]) -> None:
        self._read = read
        self._reading = asyncio.Lock()
        self._begun = 0
        # The number of the last read that ended, and what it found: None while Consul is away.
        self._ended = 0
        self._found: Locks | None = None
        self._away_until = 0.0

    async def of(self, claimant: Claimant, claims: Iterable[Claim]) -> Proofs:
        """What Consul says of these claims."""
        claims = list(claims)
        locks = await self._locks() if claims else None
        if locks is None:
            return Proofs()
        found = {claim: _refusal(claimant, locks.get(f"{LOCKS}{claim[0]}"), claim[1]) for claim in claims}
        return Proofs(
            frozenset(claim for claim, refusal in found.items() if refusal is None),
            {claim: refusal for claim, refusal in found.items() if refusal is not None},
        )

    async def _locks(self) -> Locks | None:
        """What a read found that began after this call: one read serves all who wait for the one before."""
        asked_at = self._begun
        async with self._reading:
            if self._ended <= asked_at:
                self._begun += 1
                number, self._found = self._begun, await self._read_once()
                self._ended = number
            return self._found

    async def _read_once(self) -> Locks | None:
        clock = asyncio.get_running_loop().time
        if clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return (await self._read(LOCKS))[1]
        except (Unavailable, TimeoutError):
            self._away_until = clock() + AGAIN_S
            return None


def _refusal(claimant: Claimant, lock: Entry | None, epoch: int) -> Refusal | None:
    if lock is not None and epoch > lock.modify_index:
        return Refusal.NEWER
    if lock is None or lock.session is None or lock.session != claimant.consul_session:
        return Refusal.NOT_HELD
    if not is_signed_by(lock.value, claimant.host_id, claimant.incarnation):
        return Refusal.NOT_ITS_OWN
    return None if epoch == lock.modify_index else Refusal.OLDER
