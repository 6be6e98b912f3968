"""Remembers for a few seconds which keys there are and which there are not: a call then costs no query."""

import hmac
import time
from collections import OrderedDict
from typing import Protocol

from gateway.auth.key import ApiKey
from gateway.auth.store import StoredKey

_MOST = 10_000


class Finder(Protocol):
    """Where keys are looked up."""

    async def find(self, public_id: str) -> StoredKey | None:
        """The key with this public id, if it is good now."""


class Keyring:
    """At most 10,000 entries, the oldest leaving first; a revoked key is refused `ttl_s` later at most."""

    def __init__(self, store: Finder, ttl_s: float) -> None:
        self._store = store
        self._ttl_s = ttl_s
        self._known: OrderedDict[str, tuple[float, StoredKey | None]] = OrderedDict()

    async def match(self, key: ApiKey) -> StoredKey | None:
        """The stored key if this one is genuine. Raises `Unavailable` while the database is away."""
        stored = await self._find(key.public_id)
        if stored is None or not hmac.compare_digest(stored.secret_hash, key.secret_hash):
            return None
        return stored

    async def _find(self, public_id: str) -> StoredKey | None:
        until, stored = self._known.get(public_id, (0.0, None))
        if until > time.monotonic():
            return stored
        stored = await self._store.find(public_id)
        self._known[public_id] = (time.monotonic() + self._ttl_s, stored)
        self._known.move_to_end(public_id)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return stored
