"""Connections that are read later, without a word to their callers.

gRPC takes what comes from every connection at once. But the system tells it of what came only when so much
is there as the socket asks for (`SO_RCVLOWAT`), so a connection can be made to wait, and costs nothing.
To close it would help less: the callers of such connections make new ones.

What waits is read little by little: of each owner in turn, and of one whoever has least to say first, so the
one call of a newcomer comes before the thousands of a flood from the same address. Who has waited counts as
having less to say, so everybody's turn comes. Each line has its own bytes; how many calls they are depends on
the callers, 50 to 200 bytes each.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.busyness import Busyness
from services.runtime.sockets import CallerSockets, OwnSocket

# More than comes on a connection between two looks, so that it waits; the system lowers it to half of what it
# keeps of a connection (`tcp_rmem`).
_WAITING_BYTES = 4 * 1024 * 1024
# The calls of a connection, and the part of a body that nobody has asked for: who means well says no more.
MUCH_BYTES = 128 * 1024
# Who says more at once has been paid for after so many looks: he may share his connection with others.
_MOST_OWED_LOOKS = 10
# The event loop has work for more than so much of the time.
_BUSY = 0.5
# One that has just begun to speak says so much.
_LEAST_BYTES = 400
# Who was read before comes before others who have said up to so many times as little.
_BEGUN = 10
# While the event loop is busy so many looks count as one.
_BUSY_LOOKS = 10
# Between two looks whether something was taken.
_TAKING_S = 0.002
# A hello, or some calls.
LITTLE_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Line:
    """Those who wait for each other: `name`, and the bytes that are read of all of them at each look."""

    name: Hashable
    read_bytes: int
    busy_bytes: int
    """The same while the event loop is busy."""
    little_bytes: float = LITTLE_BYTES
    """Who has more to say is read after a look for each so many, while the event loop is busy after ten."""
    free_bytes: int = 0
    """Who has no more to say is read at once."""
    most_bytes: int | None = None
    """A connection on which more waits is cut off."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection waits, because of whom, and with whom it takes turns."""

    line: Line
    payer: Hashable
    owner: Hashable = None


@dataclass(frozen=True, slots=True)
class Waiter:
    """A connection that has a place."""

    socket: OwnSocket
    place: Place
    unread: int
    looks: int = 0
    """So many it has waited, with something to say."""
    has_begun: bool = False
    """Whether it was read before: a handshake takes several turns, and its caller does not wait for long."""
    is_greeting: bool = False
    """Whether that begins a handshake of TLS: many bytes, and no call."""

    @property
    def weight(self) -> float:
        """The least comes first; of those with one thing to say whoever has waited longest."""
        return self.cost / (1 + self.looks) / (_BEGUN if self.has_begun else 1)

    @property
    def cost(self) -> int:
        """What its line owes for it."""
        if self.unread <= self.place.line.free_bytes:
            return 0
        return _LEAST_BYTES if self.is_greeting else max(_LEAST_BYTES, self.unread)


class WaitingConnections:
    """Those to one port; `look` again and again, `LOOK_S` apart, while any wait."""

    LOOK_S = 0.1

    def __init__(self, port: int) -> None:
        self._port = port
        self._sockets = CallerSockets(port)
        self._is_shut = False
        self._busyness = Busyness()
        self._is_busy = False
        self._seen: frozenset[OwnSocket] = frozenset()
        self._lined: frozenset[OwnSocket] = frozenset()
        self._waiting: frozenset[OwnSocket] = frozenset()
        self._looks: dict[OwnSocket, int] = {}
        self._begun: frozenset[OwnSocket] = frozenset()
        self._reading: dict[OwnSocket, tuple[Waiter, int]] = {}
        self._debts: dict[Hashable, int] = {}
        self.callers: frozenset[Endpoint] = frozenset()
        """The callers' ends of all connections, as of the last look."""
        self.unread: frozenset[Hashable] = frozenset()
        """The payers of whom something was there to read, and was left."""

    def __len__(self) -> int:
        return len(self._lined)

    def look(self, place_of: Callable[[Endpoint], Place | None]) -> int:
        """Lets those wait that have a place, and reads a little of each line; how many had none before."""
        found = self._sockets.look()
        self._is_busy = self._busyness.since_last() > _BUSY
        lines: dict[Line, list[Waiter]] = defaultdict(list)
        for each in found:
            if place := place_of(each.caller):
                waiter = self._waiter(each, place)
                if place.line.most_bytes is not None and waiter.unread > place.line.most_bytes:
                    sockets.cut(each)
                else:
                    lines[place.line].append(waiter)
        chosen = {each.socket: each for line, own in lines.items() for each in self._next(line, own)}
        read = frozenset(chosen)
        self._begun = (self._begun | read) & frozenset(found)
        left = [
            each for waiters in lines.values() for each in waiters if each.unread and each.socket not in read
        ]
        before, self._lined = self._lined, frozenset(each.socket for own in lines.values() for each in own)
        self._wait(self._lined - read, frozenset(found))
        self._reading = {own: (each, _taken(own)) for own, each in chosen.items()}
        self._debts = {line.name: self._debts[line.name] for line in lines}
        self._looks = {each.socket: each.looks + 1 for each in left}
        self.callers = frozenset(each.caller for each in found)
        self.unread = frozenset(each.place.payer for each in left)
        return len(self._lined - before)

    def _waiter(self, own: OwnSocket, place: Place) -> Waiter:
        unread = sockets.unread(own)
        is_greeting = _LEAST_BYTES < unread <= LITTLE_BYTES and sockets.is_greeting(own)
        return Waiter(own, place, unread, self._looks.get(own, 0), own in self._begun, is_greeting)

    async def until_read(self) -> None:
        """Those whose turn it is wait again as soon as something was taken of what they had said.

        Else who began with little could say as much as he likes until the next look.
        """
        end = time.monotonic() + self.LOOK_S
        while self._reading and time.monotonic() < end:
            await asyncio.sleep(_TAKING_S)
            for own, (each, before) in list(self._reading.items()):
                if taken := _taken(own) - before:
                    sockets.ask_for(own, _WAITING_BYTES)
                    self._waiting |= {own}
                    del self._reading[own]
                    self._owe(each.place.line, taken - each.unread)

    def _wait(self, waiting: frozenset[OwnSocket], found: frozenset[OwnSocket]) -> None:
        """Tells the system, of those only for which it is new."""
        for each in (self._waiting | (found - self._seen)) & found - waiting:
            sockets.ask_for(each, 1)
        for each in waiting - self._waiting:
            sockets.ask_for(each, _WAITING_BYTES)
        self._waiting, self._seen = waiting, found

    def shut(self, *, is_shut: bool) -> None:
        """From now on new connections wait from their beginning until the next look, or do so no longer."""
        if is_shut != self._is_shut:
            sockets.ask_for_new(self._port, _WAITING_BYTES if is_shut else 1)
            self._is_shut = is_shut

    def end(self) -> None:
        """Nothing waits any more."""
        self.shut(is_shut=False)
        self.look(lambda _: None)

    def _owe(self, line: Line, size: int) -> None:
        most = _MOST_OWED_LOOKS * self._most(line)
        self._debts[line.name] = min(most, self._debts.get(line.name, 0) + max(0, size))

    def _most(self, line: Line) -> int:
        return line.busy_bytes if self._is_busy else line.read_bytes

    def _next(self, line: Line, waiters: Iterable[Waiter]) -> list[Waiter]:
        """Those whose turn it is: one that says too much at once is paid for at the next looks."""
        most = self._most(line)
        self._debts[line.name] = max(0, self._debts.get(line.name, 0) - most)
        chosen = []
        for each in in_turn(waiters):
            if self._debts[line.name] >= most:
                break
            if self._is_ripe(line, each):
                chosen.append(each)
                self._owe(line, each.cost)
        return chosen

    def _is_ripe(self, line: Line, each: Waiter) -> bool:
        """Whether it has little to say, or has waited long enough for what it has; longer while busy."""
        looks = each.looks / _BUSY_LOOKS if self._is_busy else each.looks
        return each.unread / (1 + looks) <= line.little_bytes


def _taken(own: OwnSocket) -> int:
    """The bytes that gRPC took of it."""
    return sockets.received(own) - sockets.unread(own)


def in_turn(waiters: Iterable[Waiter]) -> list[Waiter]:
    """Those who have something to say: the first of each owner, then the second of each."""
    by_owner: dict[Hashable, list[Waiter]] = defaultdict(list)
    for each in waiters:
        if each.unread:
            by_owner[each.place.owner].append(each)
    ranked: list[tuple[int, Waiter]] = []
    for own in by_owner.values():
        ranked += enumerate(sorted(own, key=lambda each: each.weight))
    return [each for _, each in sorted(ranked, key=lambda ranked: (ranked[0], ranked[1].weight))]
