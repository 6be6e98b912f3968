"""Whoever sends too many calls is read later: his connections, and nobody else's, wait.

gRPC hands calls over in one line, whosever they are, and ends what does not fit into it. So whoever sends
thousands stands before everybody else, whether they are refused or served.

Each payer may be refused some calls at once and some a second, and each key may make some. Beyond that he
floods, and all his connections wait (`services.runtime.waiting`), until nothing has waited on them, and
nothing was too much, for a moment; after another flood, for longer (`gateway.auth.payers`). Connections on
which no call was seen yet always wait for a moment: a flood that comes on new ones is read little by little
from its beginning.

Authority: who pays for a call. A good key pays for its own. For what is refused: on a connection where a
good key was seen, the key that was seen last; else the address (of IPv6 the network). So a good key behind
the same address as an attacker goes on as if nothing were; where strangers and a good key share one
connection, behind a proxy, the key waits with them.

What is trusted: that a connection is the one on which the key was seen. Those that have ended are forgotten
at each look, since the next one may have the same port.

On failure. Where the system does not tell a process its sockets (not Linux), nobody waits. What is kept is
bounded, whoever calls from wherever.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Hashable

from opentelemetry import metrics

from gateway.auth.allowance import Allowance
from gateway.auth.lines import NEWCOMERS, Lines
from gateway.auth.payers import Payer, Payers
from gateway.auth.volumes import Volumes
from services.runtime.address import Endpoint, endpoint_of, network_of, peer_of
from services.runtime.containment import contained_all
from services.runtime.sockets import CallerSockets
from services.runtime.waiting import WaitingConnections

log = logging.getLogger(__name__)

# Between two looks while nobody floods: so long a newcomer waits, twice as long with TLS.
_CALM_S = 0.02
# However many connections there are, looks take a tenth of the time at most.
_IDLE_PARTS = 9
_MOST_KNOWN = 10_000
# How often it is looked at what came beside calls, while the process works for so much of the time.
WEIGH_S = 0.25
HARD = 0.2
_CALM_WEIGH_S = 5.0

_waiting = metrics.get_meter(__name__).create_counter(
    "kompang.waiting_connections",
    unit="{connection}",
    description="Connections that were made to wait because their payer sent too many calls.",
)


class Floods:
    """Of one gateway; connections are named as gRPC names the peer of a call."""

    def __init__(self, calls_per_s: float) -> None:
        """`calls_per_s` is what a key may make."""
        self._known: OrderedDict[str, tuple[Payer, Endpoint | None]] = OrderedDict()
        # A key that is wrong, or none: an honest caller has one, with which he asks again and again.
        self._wrong = Allowance(burst=100, per_s=10)
        # Health and reflection, which need none, methods that do not exist, and what finds no place.
        self._idle = Allowance(burst=200, per_s=50)
        self._calls = Allowance(burst=max(1.0, calls_per_s / 2), per_s=calls_per_s)
        self._calls_per_s = calls_per_s
        self._payers = Payers()
        self._volumes = Volumes()

    def vouch(self, connection: str, api_key_id: int) -> None:
        """A good key was seen on it."""
        self._know(connection, api_key_id)

    def called(self, api_key_id: int) -> bool:
        """Counts a call with a good key; whether the key may have that many."""
        return self._spend(self._calls, api_key_id)

    def wrong(self, connection: str) -> bool:
        """Counts a call without a good key; whether its payer may have that many."""
        return self._spend(self._wrong, self._payer(connection))

    def idle(self, connection: str) -> bool:
        """Counts a call that takes no key, or is refused although it has one; the same."""
        return self._spend(self._idle, self._payer(connection))

    def took(self, connection: str, size: int) -> None:
        """A message of a call was read that has so many bytes: they were asked for."""
        self._volumes.took(connection, size)

    def _payer(self, connection: str) -> Payer:
        """A connection that is not a key's is a stranger's from now on."""
        known = self._known.get(connection)
        return known[0] if known else self._know(connection, peer_of(connection))

    def _know(self, connection: str, payer: Payer) -> Payer:
        known = self._known.get(connection)
        if known is None or known[0] != payer:
            self._known[connection] = (payer, endpoint_of(connection))
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return payer

    def _spend(self, allowance: Allowance, payer: Payer) -> bool:
        return self._payers.spend(allowance, payer)

    async def run(self, port: int) -> None:
        """Looks at the connections to this port, often while somebody floods."""
        waiting = WaitingConnections(port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_always(waiting))
                group.create_task(self._weigh_always(CallerSockets(port)))
        finally:
            # What is told at the end, and its acknowledgement, must not wait.
            waiting.end()

    async def _weigh_always(self, callers: CallerSockets) -> None:
        worked_s, weighed = 0.0, 0.0
        while True:
            began = time.monotonic()
            if time.process_time() - worked_s > HARD * WEIGH_S or began - weighed > _CALM_WEIGH_S:
                with contained_all("gateway.volumes"):
                    self.weigh_once(callers)
                weighed = began
            worked_s = time.process_time()
            await asyncio.sleep(max(WEIGH_S, _IDLE_PARTS * (time.monotonic() - began)))

    def weigh_once(self, callers: CallerSockets) -> None:
        """Cuts off who sends much that is no call; they flood, so their next connections wait."""
        known = {at: payer for payer, at in self._known.values()}
        for payer in self._volumes.look(callers, lambda at: known.get(at) or network_of(at.host)):
            log.warning("much came that is no call: connections are cut off")
            self._payers.flood(payer)

    async def _look_always(self, waiting: WaitingConnections) -> None:
        while True:
            began = time.monotonic()
            with contained_all("gateway.floods"):
                self.run_once(waiting)
            took_s = time.monotonic() - began
            with contained_all("gateway.floods"):
                await waiting.until_read()
            gap_s = max(WaitingConnections.LOOK_S if self._payers else _CALM_S, _IDLE_PARTS * took_s)
            await asyncio.sleep(max(0.0, began + gap_s - time.monotonic()))

    def run_once(self, waiting: WaitingConnections) -> None:
        """One look, of some 3 ms for 300 connections.

        In a thread it would take a hundred times as long: it asks the system a thousand things, and would
        stand in line for the interpreter after each.
        """
        known = list(self._known.items())
        lines = Lines(self._payers, {at: payer for _, (payer, at) in known}, self._calls_per_s)
        count = self._look(waiting, lines)
        if count and self._payers:
            _waiting.add(count)
            log.warning("too many calls came: connections wait", extra={"connections": count})
        self._end_quiet(waiting.unread)
        for connection, (_, caller) in known:
            if caller not in waiting.callers:
                self._known.pop(connection, None)

    def _look(self, waiting: WaitingConnections, lines: Lines) -> int:
        """New connections wait from their beginning; without looks they would for ever."""
        try:
            waiting.shut(is_shut=True)
            return waiting.look(lines.place_of)
        except BaseException:
            waiting.shut(is_shut=False)
            raise

    def _end_quiet(self, unread: frozenset[Hashable]) -> None:
        # Most of a flood may come from connections on which no call was looked at yet.
        if NEWCOMERS.name not in unread:
            self._payers.end_quiet(unread)
