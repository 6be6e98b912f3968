"""Closes connections of whoever has most, when places for connections get scarce.

gRPC counts connections and not whose they are: one address could hold all places with connections that say
nothing, and keep everybody else out. gRPC has no limit by address and gives nobody its sockets; but they are
this process's own, and one that is shut down looks to gRPC as if its caller had left.

The last third of the places is for newcomers. When it is begun, as many connections are closed as stand in
it: those of the address (of IPv6 the network) that has most, until it has as many as the next one, and so on;
of one address the longest silent, then those that have come since the last look. One that is in use stays,
whosever it is. Whoever wants to keep others out has to fill that third again between any two looks. A caller
whose connection was silent makes another one at its next call, as after `KOMPANG_CONNECTION_IDLE_S`.

On failure. Where the system does not tell a process its sockets (not Linux), nothing is closed.
"""

import asyncio
import logging
import os
import socket
import struct
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from opentelemetry import metrics

from services.runtime.address import peer_of

log = logging.getLogger(__name__)

LOOK_S = 0.25
_FILES = "/proc/self/fd"
_SILENT_MS = 1000
_INTERNET = (socket.AF_INET, socket.AF_INET6)
# `tcpi_last_data_recv` of Linux's `struct tcp_info`: milliseconds since something came.
_LAST_DATA = struct.Struct("52xI")

_closed = metrics.get_meter(__name__).create_counter(
    "kompang.crowded_out_connections",
    unit="{connection}",
    description="Silent connections that were closed because places for connections were scarce.",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One that a caller has opened; `file` is its number in this process."""

    file: int
    peer: str
    port: int
    silent_ms: int
    is_new: bool = False

    @property
    def is_in_use(self) -> bool:
        """Whether something came lately, and before the last look."""
        return self.silent_ms < _SILENT_MS and not self.is_new


class Crowd:
    """`run_once` is one look."""

    def __init__(self, port: int, most: int) -> None:
        """`port` is the one that callers reach, `most` the places."""
        self._port = port
        self._most = most * 2 // 3
        self._seen: frozenset[tuple[str, int]] = frozenset()

    async def run_once(self) -> None:
        """Closes some where there are too many. Counting all files first costs next to nothing."""
        try:
            files = len(os.listdir(_FILES))  # noqa: PTH208 - of numbers, twice a second
        except OSError:
            return
        if files > self._most:
            await asyncio.to_thread(self._make_room)

    def _make_room(self) -> None:
        found = [each for name in os.listdir(_FILES) if (each := self._connection(int(name)))]  # noqa: PTH208
        self._seen = frozenset((each.peer, each.port) for each in found)
        chosen = too_many(found, len(found) - self._most)
        for each in chosen:
            self._close(each)
        if chosen:
            _closed.add(len(chosen))
            log.warning(
                "places for connections are scarce: some of whoever has most were closed",
                extra={"connections": len(found), "closed": len(chosen)},
            )

    def _connection(self, file: int) -> Connection | None:
        """None for what is no caller's; also when it is gone by now."""
        with suppress(OSError), _socket(file) as own:
            if own.family in _INTERNET and own.getsockname()[1] == self._port:
                peer, port = _peer(own)
                told = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.size)
                is_new = (peer, port) not in self._seen
                return Connection(file, peer, port, _LAST_DATA.unpack(told)[0], is_new)
        return None

    def _close(self, chosen: Connection) -> None:
        # The file may be another one's by now.
        with suppress(OSError), _socket(chosen.file) as own:
            if own.family in _INTERNET and _peer(own) == (chosen.peer, chosen.port):
                own.shutdown(socket.SHUT_RDWR)


def _socket(file: int) -> socket.socket:
    """One of our own, so that it stays the same whatever gRPC does meanwhile. Raises `OSError`."""
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _peer(own: socket.socket) -> tuple[str, int]:
    host, port = own.getpeername()[:2]
    return peer_of(f"ip:[{host}]:{port}"), port


def too_many(connections: Iterable[Connection], count: int) -> list[Connection]:
    """So many, or fewer, that are not in use: of the peers that have most."""
    by_peer: dict[str, list[Connection]] = defaultdict(list)
    for each in connections:
        by_peer[each.peer].append(each)
    ranked: list[tuple[int, Connection]] = []
    for own in by_peer.values():
        own.sort(key=lambda each: (not each.is_in_use, each.silent_ms))
        ranked += [(rank, each) for rank, each in enumerate(own) if not each.is_in_use]
    ranked.sort(key=lambda each: each[0], reverse=True)
    return [each for _, each in ranked[: max(0, count)]]
