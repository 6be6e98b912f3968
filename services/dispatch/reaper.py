"""Buries hosts whose term ran out: frees their leases and ends their Consul sessions.

A dead host is noticed at once by its broken stream, and mourned for the rest of its term, because only
then is it certain that it sends nothing. Without this loop Consul would notice by itself after twice
the session's TTL.

After an outage of Postgres every term looks over; so the reaper waits until the store has answered
for a whole term, in which the living renew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.dispatch.settings import DispatchSettings
from services.dispatch.store import DeadHost, Store
from services.runtime.errors import Unavailable

log = logging.getLogger(__name__)


class Reaper:
    """`run_once` looks for the dead. Any number of replicas may run it."""

    def __init__(
        self, store: Store, end_session: Callable[[str], Awaitable[None]], settings: DispatchSettings
    ) -> None:
        """`end_session` destroys a Consul session; it is safe to repeat, and raises `Unavailable`."""
        self._store = store
        self._end_session = end_session
        self._settings = settings
        self._answers_since: float | None = None

    async def run_once(self) -> int:
        """Buries whoever is dead; how many. Raises as the store does."""
        now = asyncio.get_running_loop().time()
        try:
            dead = await self._store.dead_hosts(self._settings.grace_s)
        except Unavailable:
            self._answers_since = None
            raise
        if self._answers_since is None:
            self._answers_since = now
        if not dead or now - self._answers_since < self._settings.term_s:
            return 0
        for host in dead:
            await self._end(host)
        shards, messages = await self._store.bury([host.incarnation for host in dead])
        log.info("buried hosts", extra={"hosts": len(dead), "shards": shards, "unknown": messages})
        return len(dead)

    async def _end(self, host: DeadHost) -> None:
        try:
            await self._end_session(host.consul_session)
        except Unavailable:
            # Consul ends it by itself when the TTL has passed twice.
            log.warning("a dead host's session was left to expire", extra={"host": host.host_id})
