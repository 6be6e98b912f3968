"""How long the place of a host that is away is kept; the placement counts on its return for so long.

Every live host looks, by its own clock, and any of them forgets the one whose time is up. It does so by
the index that the key had when the host went: one that has come back since is not forgotten.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from services.runtime.discovery import Discovery, DiscoveryUnavailable, Members

log = logging.getLogger(__name__)

_LOOK_S = 5.0


class Absences:
    """Those that are away, as last `seen`. No place is kept for less than `kept_s` seconds of `clock`."""

    def __init__(self, discovery: Discovery, kept_s: float, clock: Callable[[], float]) -> None:
        self._discovery = discovery
        self._kept_s = kept_s
        self._clock = clock
        # Host → the index of its key, and when it was first seen so.
        self._away: dict[str, tuple[int, float]] = {}

    def seen(self, members: Members) -> None:
        """Take the hosts that are away now; a host that came and went again is away anew."""
        now = self._clock()
        known = self._away
        self._away = {
            host: known[host] if host in known and known[host][0] == index else (index, now)
            for host, index in members.away.items()
        }

    async def run(self) -> None:
        """Look now and then."""
        while True:
            await asyncio.sleep(_LOOK_S * random.uniform(0.5, 1.5))
            await self.run_once()

    async def run_once(self) -> None:
        """Forget those whose time is up; what fails is tried again at the next look."""
        oldest = self._clock() - self._kept_s
        for host, (index, since) in list(self._away.items()):
            if since > oldest:
                continue
            try:
                await self._discovery.forget_member(host, index)
            except DiscoveryUnavailable as error:
                log.warning("a host that stays away is not forgotten yet", extra={"reason": error.reason})
                return
            log.info("a host that stays away is forgotten", extra={"host": host})
