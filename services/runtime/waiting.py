"""Connections that are read later, without a word to their callers.

gRPC takes what comes from every connection at once. But the system tells it of what came only when so much
is there as the socket asks for (`SO_RCVLOWAT`), so a connection can be made to wait, and costs nothing.
To close it would help less: the callers of such connections make new ones.

What waits is read little by little, whoever has least to say first: so the one call of a newcomer comes
before the thousands of a flood from the same address. Each line has its own bytes; how many calls they are
depends on the callers, 50 to 200 bytes each.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.busyness import Busyness
from services.runtime.sockets import CallerSockets, OwnSocket

# More than the calls of a connection and the part of a body that nobody has asked for, so that it waits; the
# system keeps as much of each connection meanwhile.
_WAITING_BYTES = 128 * 1024
# Who says more at once has been paid for after so many looks: he may share his connection with others.
_MOST_OWED_LOOKS = 10
# While the event loop has work for more than half of the time, only those are read who have little to say.
_BUSY = 0.5
_LITTLE_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Line:
    """Those who wait for each other: `name`, and the bytes that are read of all of them at each look."""

    name: Hashable
    read_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection waits, and because of whom."""

    line: Line
    payer: Hashable


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
        self._debts: dict[Hashable, int] = {}
        self.callers: frozenset[Endpoint] = frozenset()
        """The callers' ends of all connections, as of the last look."""
        self.unread: frozenset[Hashable] = frozenset()
        """The payers of whom something was there to read, and was left."""

    def __len__(self) -> int:
        return len(self._lined)

    def look(self, place_of: Callable[[Endpoint], Place | None]) -> int:
        """Lets those wait that have a place, and reads a little of each line; how many had none before."""
        lines: dict[Line, list[tuple[int, OwnSocket]]] = defaultdict(list)
        payer_of: dict[OwnSocket, Hashable] = {}
        found = self._sockets.look()
        self._is_busy = self._busyness.since_last() > _BUSY
        for each in found:
            if place := place_of(each.caller):
                unread = sockets.unread(each)
                lines[place.line].append((unread, each))
                if unread:
                    payer_of[each] = place.payer
        read = {each for line, waiting in lines.items() for each in self._next(line, waiting)}
        before, self._lined = self._lined, frozenset(each for line in lines.values() for _, each in line)
        self._wait(self._lined - read, frozenset(found))
        self._debts = {line.name: self._debts[line.name] for line in lines}
        self.callers = frozenset(each.caller for each in found)
        self.unread = frozenset(payer for each, payer in payer_of.items() if each not in read)
        return len(self._lined - before)

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

    def _next(self, line: Line, waiting: Iterable[tuple[int, OwnSocket]]) -> list[OwnSocket]:
        """Those whose turn it is: one that says too much at once is paid for at the next looks."""
        debt = max(0, self._debts.get(line.name, 0) - line.read_bytes)
        chosen = []
        for unread, each in sorted(waiting, key=lambda each: each[0]):
            if debt >= line.read_bytes or (self._is_busy and unread > _LITTLE_BYTES):
                break
            if unread:
                chosen.append(each)
                debt = min(_MOST_OWED_LOOKS * line.read_bytes, debt + unread)
        self._debts[line.name] = debt
        return chosen
