"""Closes connections of whoever has most, when places for connections get scarce.

gRPC counts connections and not whose they are: one address could hold all places with connections that say
nothing, and keep everybody else out. gRPC has no limit by address, but its sockets are this process's own
(`services.runtime.sockets`).

The last third of the places is for newcomers. When it is begun, as many connections are closed as stand in
it: those of the address (of IPv6 the network) that has most, until it has as many as the next one, and so on;
of one address the longest silent, then those that have come since the last look. One that is in use stays,
whosever it is, and so does the first one of an address until the next look. Whoever wants to keep others out
has to fill that third again between any two looks. A caller whose connection was silent makes another one at
its next call, as after `KOMPANG_CONNECTION_IDLE_S`.

On failure. Where the system does not tell a process its sockets (not Linux), nothing is closed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from opentelemetry import metrics

from services.runtime import sockets
from services.runtime.address import Endpoint, network_of
from services.runtime.sockets import CallerSockets, OwnSocket

log = logging.getLogger(__name__)

LOOK_S = 0.25
_SILENT_MS = 1000

_closed = metrics.get_meter(__name__).create_counter(
    "kompang.crowded_out_connections",
    unit="{connection}",
    description="Silent connections that were closed because places for connections were scarce.",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One that a caller has opened, and whose it is: the address, of IPv6 the network."""

    socket: OwnSocket
    peer: str
    silent_ms: int
    """Since something came."""
    is_new: bool = False

    @property
    def is_in_use(self) -> bool:
        """Whether something came lately, and before the last look."""
        return self.silent_ms < _SILENT_MS and not self.is_new


class Crowd:
    """`run_once` is one look."""

    def __init__(self, port: int, most: int) -> None:
        """`port` is the one that callers reach, `most` the places."""
        self._sockets = CallerSockets(port)
        self._most = most * 2 // 3
        self._seen: frozenset[Endpoint] = frozenset()

    async def run_once(self) -> None:
        """Closes some where there are too many. Counting all files first costs next to nothing."""
        if sockets.open_files() > self._most:
            await asyncio.to_thread(self._make_room)

    def _make_room(self) -> None:
        own = self._sockets.look()
        found = [
            Connection(
                each, network_of(each.caller.host), sockets.silent_ms(each), each.caller not in self._seen
            )
            for each in own
        ]
        self._seen = frozenset(each.caller for each in own)
        chosen = too_many(found, len(found) - self._most)
        for each in chosen:
            sockets.end(each.socket)
        if chosen:
            _closed.add(len(chosen))
            log.warning(
                "places for connections are scarce: some of whoever has most were closed",
                extra={"connections": len(found), "closed": len(chosen)},
            )


def too_many(connections: Iterable[Connection], count: int) -> list[Connection]:
    """So many, or fewer, that are not in use: of the peers that have most."""
    by_peer: dict[str, list[Connection]] = defaultdict(list)
    for each in connections:
        by_peer[each.peer].append(each)
    ranked: list[tuple[int, Connection]] = []
    for own in by_peer.values():
        own.sort(key=lambda each: (not each.is_in_use, each.silent_ms))
        ranked += [(rank, each) for rank, each in enumerate(own) if not _stays(rank, each)]
    ranked.sort(key=lambda each: each[0], reverse=True)
    return [each for _, each in ranked[: max(0, count)]]


def _stays(rank: int, each: Connection) -> bool:
    # Where all others are in use, a newcomer with one connection would be the only one that can be closed.
    return each.is_in_use or (rank == 0 and each.is_new)
