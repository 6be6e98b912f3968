"""Whoever sends too many calls is read later: his connections, and nobody else's, wait.

gRPC hands calls over in one line, whosever they are, and ends what does not fit into it. So whoever sends
thousands stands before everybody else, whether they are refused or served.

Each payer may be refused some calls at once and some a second, and each key may make some. Beyond that he
floods, and all his connections wait (`services.runtime.waiting`), new ones too, until nothing has waited on
them, and nothing was too much, for a moment.

Authority: who pays for a call. A good key pays for its own. For what is refused: on a connection where a
good key was seen, the key that was seen last; else the address (of IPv6 the network). So a good key behind
the same address as an attacker goes on as if nothing were. Its first call on a new connection may wait for a
moment, since new connections wait in a line of their own while anybody floods; and where strangers and a good
key share one connection, behind a proxy, the key waits with them.

What is trusted: that a connection is the one on which the key was seen. Those that have ended are forgotten
every few seconds, since the next one may have the same port.

On failure. Where the system does not tell a process its sockets (not Linux), nobody waits. What is kept is
bounded, whoever calls from wherever.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping

from opentelemetry import metrics

from gateway.auth.allowance import Allowance
from services.runtime.address import Endpoint, endpoint_of, network_of, peer_of
from services.runtime.containment import contained_all
from services.runtime.lifecycle import set_within
from services.runtime.waiting import Line, Place, WaitingConnections

log = logging.getLogger(__name__)

_Payer = str | int

# A payer floods no more when nothing of his was too much, or waited, for so long.
_QUIET_S = 1.0
# Between two looks while nobody floods: a port that has ended is not used again sooner.
_FORGET_S = 5.0
# However many connections there are, looks take a tenth of the time at most.
_IDLE_PARTS = 9
_MOST_VOUCHED = 10_000
_MOST_FLOODING = 10_000
# At each look: of all strangers together some 5 calls, which are refused in few hundredths of a processor;
# of a key as many as it may make, since of such calls each has some 150.
_READ_OF_STRANGERS = 512
_BYTES_OF_CALL = 150
# So many times as much of a key that has not made too many calls for a moment: what still waits may be an
# import, which has many bytes and few calls.
_QUIET_FACTOR = 10
_STRANGERS = Line("strangers", _READ_OF_STRANGERS)
# Of connections on which nobody has shown a good or wrong key yet: some 10 newcomers.
_NEWCOMERS = Line("newcomers", 2048)

_waiting = metrics.get_meter(__name__).create_counter(
    "kompang.waiting_connections",
    unit="{connection}",
    description="Connections that were made to wait because their payer sent too many calls.",
)


class Floods:
    """Of one gateway; connections are named as gRPC names the peer of a call."""

    def __init__(self, calls_per_s: float) -> None:
        """`calls_per_s` is what a key may make."""
        self._vouched: OrderedDict[str, tuple[int, Endpoint | None]] = OrderedDict()
        # A key that is wrong, or none: an honest caller has one, with which he asks again and again.
        self._wrong = Allowance(burst=100, per_s=10)
        # Health and reflection, which need none, methods that do not exist, and what finds no place.
        self._idle = Allowance(burst=200, per_s=50)
        self._calls = Allowance(burst=max(1.0, calls_per_s / 2), per_s=calls_per_s)
        self._read_of_keys = calls_per_s * _BYTES_OF_CALL * WaitingConnections.LOOK_S
        self._flooding: OrderedDict[_Payer, float] = OrderedDict()
        self._begun = asyncio.Event()

    def vouch(self, connection: str, api_key_id: int) -> None:
        """A good key was seen on it."""
        known = self._vouched.get(connection)
        if known is None or known[0] != api_key_id:
            self._vouched[connection] = (api_key_id, endpoint_of(connection))
            if len(self._vouched) > _MOST_VOUCHED:
                self._vouched.popitem(last=False)

    def called(self, api_key_id: int) -> bool:
        """Counts a call with a good key; whether the key may have that many."""
        return self._spend(self._calls, api_key_id)

    def wrong(self, connection: str) -> bool:
        """Counts a call without a good key; whether its payer may have that many."""
        return self._spend(self._wrong, self._payer(connection))

    def idle(self, connection: str) -> bool:
        """Counts a call that takes no key, or is refused although it has one; the same."""
        return self._spend(self._idle, self._payer(connection))

    def _payer(self, connection: str) -> _Payer:
        known = self._vouched.get(connection)
        return known[0] if known else peer_of(connection)

    def _spend(self, allowance: Allowance, payer: _Payer) -> bool:
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
        """Looks at the connections to this port, often while somebody floods."""
        waiting = WaitingConnections(port)
        try:
            await self._look_always(waiting)
        finally:
            # What is told at the end, and its acknowledgement, must not wait.
            waiting.end()

    async def _look_always(self, waiting: WaitingConnections) -> None:
        was_over = True
        while True:
            await set_within(self._begun, _FORGET_S)
            began = time.monotonic()
            with contained_all("gateway.floods"):
                self.run_once(waiting)
            is_over = not self._flooding and not waiting
            # One look more, for connections that had not arrived here yet when new ones ceased to wait.
            if is_over and was_over:
                self._begun.clear()
            was_over = is_over
            await asyncio.sleep(max(WaitingConnections.LOOK_S, _IDLE_PARTS * (time.monotonic() - began)))

    def run_once(self, waiting: WaitingConnections) -> None:
        """One look, of some 3 ms for 300 connections.

        In a thread it would take a hundred times as long: it asks the system a thousand things, and would
        stand in line for the interpreter after each.
        """
        known = list(self._vouched.items())
        flooding = _Flooding(self._flooding, {at: key for _, (key, at) in known}, self._read_of_keys)
        if count := self._look(waiting, flooding):
            _waiting.add(count)
            log.warning("too many calls came: connections wait", extra={"connections": count})
        self._end_quiet(waiting.unread)
        for connection, (_, caller) in known:
            if caller not in waiting.callers:
                self._vouched.pop(connection, None)

    def _look(self, waiting: WaitingConnections, flooding: "_Flooding") -> int:
        """New connections wait as soon as somebody floods, and one look more sees those that wait still."""
        try:
            waiting.shut(is_shut=bool(flooding.payers))
            return waiting.look(flooding.place_of)
        except BaseException:
            waiting.shut(is_shut=False)
            raise

    def _end_quiet(self, unread: frozenset[Hashable]) -> None:
        # Most of a flood may come from connections on which no call was looked at yet.
        if _NEWCOMERS.name in unread:
            return
        for payer, at in list(self._flooding.items()):
            if payer not in unread and _is_quiet(at):
                del self._flooding[payer]


def _is_quiet(at: float) -> bool:
    """Whether nothing was too much since then."""
    return time.monotonic() - at > _QUIET_S


class _Flooding:
    """Who floods at one moment, with the time when something was too much last."""

    def __init__(
        self, payers: Mapping[_Payer, float], keys: Mapping[Endpoint | None, int], read_of_keys: float
    ) -> None:
        self.payers = payers
        self._keys = keys
        of_keys = [payer for payer in payers if isinstance(payer, int)]
        self._lines = {
            key: Line(
                key, int(read_of_keys / len(of_keys) * (_QUIET_FACTOR if _is_quiet(payers[key]) else 1))
            )
            for key in of_keys
        }
        self._networks: dict[str, str] = {}

    def place_of(self, caller: Endpoint) -> Place | None:
        """Where the connection waits, if it has to."""
        key = self._keys.get(caller)
        if key is not None:
            return Place(self._lines[key], key) if key in self.payers else None
        if caller.host not in self._networks:
            self._networks[caller.host] = network_of(caller.host)
        network = self._networks[caller.host]
        if network in self.payers:
            return Place(_STRANGERS, network)
        return Place(_NEWCOMERS, _NEWCOMERS.name) if self.payers else None
