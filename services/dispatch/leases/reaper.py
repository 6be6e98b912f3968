"""Buries hosts whose term ran out: frees their leases and ends their Consul sessions.

A dead host is noticed at once by its broken stream, and mourned for the rest of its term, because only
then is it certain that it sends nothing. Without this loop Consul would notice by itself after twice
the session's TTL.

Two steps, each safe to repeat by any replica: the leases are freed, then the session is ended. While
Consul is away the row of the buried host keeps the session's id, so that whoever runs when Consul is
back ends it then; Consul itself starts all its TTLs anew after an election.

After an outage of Postgres every term looks over; so the reaper waits until the store has answered
for a whole term, in which the living renew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.dispatch.leases.store import DeadHost, LeaseStore
from services.dispatch.settings import DispatchSettings
from services.runtime.containment import contained, contained_each
from services.runtime.errors import Unavailable

log = logging.getLogger(__name__)

# Longer than any session lives without renewal: what is older has ended by itself.
_FORGET_S = 600.0
_PATIENCE_S = 1.0


class Reaper:
    """`run_once` looks for the dead. Any number of replicas may run it."""

    def __init__(
        self, store: LeaseStore, end_session: Callable[[str], Awaitable[None]], settings: DispatchSettings
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
        new = [host for host in dead if not host.is_buried]
        if new:
            await self._bury(new)
        await self._end_sessions(dead)
        return len(new)

    async def _bury(self, dead: Sequence[DeadHost]) -> None:
        async def bury(hosts: Sequence[DeadHost]) -> None:
            shards, messages = await self._store.bury([host.incarnation for host in hosts])
            log.info("buried hosts", extra={"hosts": len(hosts), "shards": shards, "unknown": messages})

        await contained_each("dispatch.bury", dead, bury, DeadHost.ids)

    async def _end_sessions(self, dead: Sequence[DeadHost]) -> None:
        ends = await asyncio.gather(*(self._end(host) for host in dead))
        gone = [
            host.incarnation
            for host, is_ended in zip(dead, ends, strict=True)
            if is_ended or host.dead_s > _FORGET_S
        ]
        if gone:
            await self._store.forget(gone)

    async def _end(self, host: DeadHost) -> bool:
        """Whether its session has ended. Others may die meanwhile: a silent Consul is not waited for."""
        with contained("dispatch.end_session", host=host.host_id):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._end_session(host.consul_session)
            except (Unavailable, TimeoutError):
                if not host.is_buried:
                    log.warning("a dead host's session is ended later", extra={"host": host.host_id})
                return False
            return True
        return False
