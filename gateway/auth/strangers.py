"""Whoever has call after call refused is read later: his connections, and nobody else's, wait.

gRPC hands calls over in one line, whosever they are, and ends what does not fit into it. So whoever sends
thousands stands before everybody else, and it makes no difference that all of them are refused.

Each payer may be refused some calls at once and some a second. Beyond that he floods, and all his connections
wait (`services.runtime.waiting`), new ones too, until nothing of his was refused for a moment.

Authority: who pays for a refused call. On a connection where a good key was seen, the key pays that was seen
last; else the address (of IPv6 the network). So a good key behind the same address as an attacker goes on as
if nothing were: nothing of its own is refused. Its first call on a new connection may wait for a moment, and
where strangers and a good key share one connection, behind a proxy, the key waits with them.

On failure. Where the system does not tell a process its sockets (not Linux), nobody waits. What is kept is
bounded, whoever calls from wherever.
"""

import asyncio
import logging
import time
from collections import OrderedDict

from opentelemetry import metrics

from gateway.auth.allowance import Allowance
from services.runtime.address import Endpoint, endpoint_of, network_of, peer_of
from services.runtime.containment import contained_all
from services.runtime.waiting import WaitingConnections

log = logging.getLogger(__name__)

_Payer = str | int

# A payer floods no more when nothing of his was refused for so long.
_QUIET_S = 1.0
_MOST_VOUCHED = 10_000
_MOST_FLOODING = 10_000

_waiting = metrics.get_meter(__name__).create_counter(
    "kompang.waiting_connections",
    unit="{connection}",
    description="Connections that were made to wait because too many calls of their payer were refused.",
)


class Strangers:
    """Of one gateway; connections are named as gRPC names the peer of a call."""

    def __init__(self) -> None:
        self._vouched: OrderedDict[str, tuple[int, Endpoint | None]] = OrderedDict()
        # A key that is wrong, or none: an honest caller has one, with which he asks again and again.
        self._wrong = Allowance(burst=100, per_s=10)
        # Health and reflection, which need none, methods that do not exist, and what finds no place.
        self._idle = Allowance(burst=200, per_s=50)
        self._flooding: OrderedDict[_Payer, float] = OrderedDict()
        self._waiting = WaitingConnections()
        self._begun = asyncio.Event()

    def vouch(self, connection: str, api_key_id: int) -> None:
        """A good key was seen on it."""
        known = self._vouched.get(connection)
        if known is None or known[0] != api_key_id:
            self._vouched[connection] = (api_key_id, endpoint_of(connection))
            if len(self._vouched) > _MOST_VOUCHED:
                self._vouched.popitem(last=False)

    def wrong(self, connection: str) -> bool:
        """Counts a call without a good key; whether its payer may have that many."""
        return self._spend(self._wrong, connection)

    def idle(self, connection: str) -> bool:
        """Counts a call that takes no key, or is refused although it has one; the same."""
        return self._spend(self._idle, connection)

    def _spend(self, allowance: Allowance, connection: str) -> bool:
        known = self._vouched.get(connection)
        payer = known[0] if known else peer_of(connection)
        is_left = allowance.spend(payer)
        if not is_left:
            self._flood(payer)
        return is_left

    def _flood(self, payer: _Payer) -> None:
        self._flooding[payer] = time.monotonic()
        if len(self._flooding) > _MOST_FLOODING:
            self._flooding.popitem(last=False)
        self._begun.set()

    async def run(self, port: int) -> None:
        """Looks at the connections to this port while somebody floods, or waits."""
        while True:
            await self._begun.wait()
            with contained_all("gateway.strangers"):
                await self.run_once(port)
            await asyncio.sleep(WaitingConnections.LOOK_S)

    async def run_once(self, port: int) -> None:
        """One look."""
        quiet_since = time.monotonic() - _QUIET_S
        flooding = frozenset(payer for payer, at in self._flooding.items() if at > quiet_since)
        for payer in self._flooding.keys() - flooding:
            del self._flooding[payer]
        keys = {caller: key for key, caller in self._vouched.values()}
        networks: dict[str, str] = {}

        def floods(caller: Endpoint) -> bool:
            if caller in keys:
                return keys[caller] in flooding
            if caller.host not in networks:
                networks[caller.host] = network_of(caller.host)
            return networks[caller.host] in flooding

        if count := await asyncio.to_thread(self._waiting.look, port, floods):
            _waiting.add(count)
            log.warning("too many calls were refused: connections wait", extra={"connections": count})
        if not flooding and not self._waiting:
            self._begun.clear()
