"""Frees the leases of hosts whose term is over, and ends their Consul sessions.

Dispatch notices a dead host by its broken stream, and frees its leases when its term is over, because only
then does the host certainly send nothing. Without this loop Consul would end the session after twice the
session's TTL.

Two steps, each safe to repeat by any replica: the leases are freed, then the session is ended, if Consul
says that it is the dead host's: what a host said of its session may be another's. While
Consul is away the row of the dead host keeps the session's id, so that the replica that runs when Consul
is back ends the session then; Consul itself starts all its TTLs anew after an election.

After an outage of Postgres the term of every host looks over; so the reaper waits until the store has
answered for a whole term, in which the live hosts renew theirs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.dispatch.leases.store import DeadHost, LeaseStore
from services.dispatch.settings import DispatchSettings
from services.runtime.containment import contained, contained_each
from services.runtime.errors import Unavailable

log = logging.getLogger(__name__)

# No session lives so long without renewal: an older session has ended by itself.
_FORGET_S = 600.0
_PATIENCE_S = 1.0


class Reaper:
    """`run_once` looks for dead hosts. Any number of replicas may run it."""

    def __init__(
        self,
        store: LeaseStore,
        end_session: Callable[[str, str, str], Awaitable[bool]],
        settings: DispatchSettings,
    ) -> None:
        """`end_session` ends the Consul session of a host and its incarnation; False: it is not theirs.

        It is safe to repeat, and raises `Unavailable`.
        """
        self._store = store
        self._end_session = end_session
        self._settings = settings
        self._answers_since: float | None = None

    async def run_once(self) -> int:
        """Frees the leases of dead hosts; returns the number of hosts. Raises what the store raises."""
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
            await self._free_leases(new)
        await self._end_sessions(dead)
        return len(new)

    async def _free_leases(self, dead: Sequence[DeadHost]) -> None:
        async def free(hosts: Sequence[DeadHost]) -> None:
            shards, messages = await self._store.bury([host.incarnation for host in hosts])
            log.info(
                "freed the leases of dead hosts",
                extra={"hosts": len(hosts), "shards": shards, "unknown": messages},
            )

        await contained_each("dispatch.bury", dead, free, DeadHost.ids)

    async def _end_sessions(self, dead: Sequence[DeadHost]) -> None:
        ends = await asyncio.gather(*(self._end(host) for host in dead))
        gone = [
            host.incarnation
            for host, is_ended in zip(dead, ends, strict=True)
            if is_ended or host.dead_s > _FORGET_S
        ]
        if gone:
            await contained_each(
                "dispatch.forget", gone, self._store.forget, lambda each: {"incarnation": each}
            )

    async def _end(self, host: DeadHost) -> bool:
        """Returns whether nothing is left to end. Does not wait for Consul: other hosts may die meanwhile."""
        with contained("dispatch.end_session", host=host.host_id):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    is_its_own = await self._end_session(
                        host.host_id, str(host.incarnation), host.consul_session
                    )
            except (Unavailable, TimeoutError):
                if not host.is_buried:
                    log.warning("a dead host's session is ended later", extra={"host": host.host_id})
                return False
            if not is_its_own:
                log.info("a dead host's session holds nothing of its own", extra={"host": host.host_id})
            return True
        return False
