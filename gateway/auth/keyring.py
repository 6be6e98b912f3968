"""All good keys in memory: a call costs no statement, and neither does a wrong key.

Authority: the rows of `api_key`. A loop asks every second or two whether they have changed, and reads all
of them when they have. What is trusted: what was asked for less than `ttl_s` ago, by this process's
clock. So a revoked or expired key is good for `ttl_s` at most, whatever becomes of the database: while it
is away or stalled nobody is believed any longer than that, calls are refused with `Unavailable`, and
those under way are ended.

A key whose public id is not among them may be newer than the last look. Its call waits for the next one,
which all such calls share, and which comes soon, unless its peer tries one wrong key after another. Of the
places in which they wait one peer has a third at most. Nothing is kept of wrong keys.
"""

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from gateway.auth.key import ApiKey
from gateway.auth.open_calls import OpenCalls
from gateway.auth.store import KeysRead, StoredKey
from services.reasons import Reason
from services.runtime.containment import PASSING, contained
from services.runtime.errors import KompangError, PermissionDenied, Unauthenticated, Unavailable
from services.runtime.group import Group
from services.runtime.lifecycle import set_within
from services.runtime.places import Places
from services.runtime.retry import Retry

# Looks in the time that one is trusted, and how often in that time open calls are compared with the keys.
_LOOKS = 3
_SWEEPS = 20
# No two looks are closer together, however many wrong keys there are.
_SOONEST_S = 0.2
_MOST_WAITING = 1000
_MOST_WAITING_OF_PEER = 300
# So many are answered before other calls have their turn again: some 10 ms of work.
_WOKEN_AT_ONCE = 25


class Reader(Protocol):
    """Where keys are read."""

    async def read(self, known: UUID | None) -> KeysRead:
        """All good keys, unless they are still those of the `known` version."""


class Keyring:
    """`kept` surrounds whatever asks for keys."""

    def __init__(self, reader: Reader, open_calls: OpenCalls, ttl_s: float) -> None:
        self._reader = reader
        self._open_calls = open_calls
        self._ttl_s = ttl_s
        # Less by one sweep, so that a call has ended when the time is over.
        self._trusted_s = ttl_s * (1 - 1 / _SWEEPS)
        self._version: UUID | None = None
        self._keys: Mapping[str, StoredKey] = {}
        self._asked = -1e9
        self._clock: datetime | None = None
        self._next: list[asyncio.Future[None]] = []
        self._is_wanted = asyncio.Event()
        self._waiting = Places("unknown keys", total=_MOST_WAITING, each=_MOST_WAITING_OF_PEER)
        self._retry = Retry("read API keys")

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Looks at the keys, and ends the calls of those that are gone, until the block ends."""
        async with Group() as group:
            loops = [group.create_task(self._look_always()), group.create_task(self._sweep_always())]
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()

    def known(self, key: ApiKey) -> StoredKey | None:
        """The stored key if this one is genuine and good by the last look."""
        stored = self._stored(key)
        return stored if stored and _is_of(key, stored) and not self._has_expired(stored) else None

    async def match(self, key: ApiKey, peer: str, *, is_soon: Callable[[], bool]) -> StoredKey | None:
        """The same by the next look, where it is not known. Raises `Unavailable` while keys cannot be read.

        `is_soon` is asked whether an unknown key is to be looked for at once. `peer` is who waits.
        """
        stored = self._stored(key)
        if stored is not None and not _is_of(key, stored):
            # A key's secret never changes: the next look would say the same.
            return None
        stored = self.known(key)
        if stored is None:
            with self._waiting.taken_by(peer, _too_many()):
                await self._looked(is_soon=not self._is_fresh or is_soon())
            if not self._is_fresh:
                raise _unread()
            stored = self.known(key)
        return stored

    def has(self, public_id: str) -> bool:
        """Whether a good key has this public id."""
        return public_id in self._keys

    async def run_once(self) -> None:
        """Looks once, and wakes those who wait for that."""
        waiting, self._next = self._next, []
        self._is_wanted.clear()
        asked = time.monotonic()
        try:
            with contained("gateway.keys.read"):
                self._take(await self._reader.read(self._version), asked)
                self._retry.succeeded()
        except PASSING as error:
            self._retry.failed(error)
        finally:
            self.sweep()
            await _wake(waiting)

    def sweep(self) -> None:
        """Ends the open calls whose key is no longer good, or no longer known to be."""
        self._open_calls.end(self._refusal)

    def _take(self, read: KeysRead, asked: float) -> None:
        if read.keys is not None:
            self._keys, self._version = read.keys, read.version
        self._asked, self._clock = asked, read.now

    @property
    def _is_fresh(self) -> bool:
        return time.monotonic() < self._asked + self._trusted_s

    def _stored(self, key: ApiKey) -> StoredKey | None:
        return self._keys.get(key.public_id) if self._is_fresh else None

    def _has_expired(self, stored: StoredKey) -> bool:
        """By the clock of the database, as it has gone on since the last look."""
        if stored.expires_at is None or self._clock is None:
            return False
        return stored.expires_at <= self._clock + timedelta(seconds=time.monotonic() - self._asked)

    def _refusal(self, public_id: str, scope: str) -> KompangError | None:
        if not self._is_fresh:
            return _unread()
        stored = self._keys.get(public_id)
        if stored is None or self._has_expired(stored):
            return Unauthenticated(
                "this API key was revoked or has expired meanwhile; ask the operator for a new one",
                reason=Reason.API_KEY_INVALID,
            )
        if scope not in stored.scopes:
            return without_scope(scope)
        return None

    async def _looked(self, *, is_soon: bool) -> None:
        """Waits for a look that begins after now."""
        if is_soon:
            self._is_wanted.set()
        looked = asyncio.get_running_loop().create_future()
        self._next.append(looked)
        await asyncio.wait({looked}, timeout=self._ttl_s)

    async def _look_always(self) -> None:
        while True:
            began = time.monotonic()
            await self.run_once()
            await set_within(self._is_wanted, self._ttl_s / _LOOKS)
            await asyncio.sleep(max(0.0, began + min(_SOONEST_S, self._ttl_s / _LOOKS) - time.monotonic()))

    async def _sweep_always(self) -> None:
        gap_s = self._ttl_s / _SWEEPS
        has_waited = False
        while True:
            began = time.monotonic()
            await asyncio.sleep(gap_s)
            # A process that stood still has not looked either: once in a row, the look may come first.
            stood_still = time.monotonic() - began > 2 * gap_s
            has_waited = stood_still and not has_waited
            if not has_waited:
                with contained("gateway.keys.sweep"):
                    self.sweep()


def without_scope(scope: str) -> PermissionDenied:
    """For a good key that may not do this; an empty scope is that of a method which nobody may call."""
    return PermissionDenied(
        f"this API key lacks the scope {scope}; ask the operator for a key that has it",
        reason=Reason.SCOPE_MISSING,
        scope=scope,
    )


def _is_of(key: ApiKey, stored: StoredKey) -> bool:
    return hmac.compare_digest(stored.secret_hash, key.secret_hash)


async def _wake(waiting: Sequence[asyncio.Future[None]]) -> None:
    """Some at a time: a thousand at once would keep everybody else from being served for long."""
    for first in range(0, len(waiting), _WOKEN_AT_ONCE):
        for looked in waiting[first : first + _WOKEN_AT_ONCE]:
            looked.set_result(None)
        await asyncio.sleep(0)


def _too_many() -> Unavailable:
    return Unavailable("too many unknown API keys are tried at the moment; try again")


def _unread() -> Unavailable:
    return Unavailable("the API keys cannot be read from the database at the moment; try again, or resume")
