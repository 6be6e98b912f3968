"""Connections that are read later, without a word to their callers.

gRPC takes what comes from every connection at once. But the system tells it of what came only when so much
is there as the socket asks for (`SO_RCVLOWAT`), so a connection can be made to wait, and costs nothing.
To close it would help less: the callers of such connections make new ones.

What waits is read little by little, whoever has least to say first: so the one call of a newcomer comes
before the thousands of a flood from the same address.
"""

from collections.abc import Callable

from services.runtime import sockets
from services.runtime.address import Endpoint
from services.runtime.sockets import OwnSocket

# Of all that wait, at each look. A call has 50 to 200 bytes, so that these are some 5: to refuse
# them takes few hundredths of a processor.
_READ_BYTES = 512
# Who says more at once has been paid for after four looks: he may share his connection with others.
_MOST_OWED_BYTES = 2048
# More than what the streams of a connection hold, so that it waits; the system keeps it meanwhile.
_WAITING_BYTES = 256 * 1024


class WaitingConnections:
    """Those to one port; `look` again and again, `LOOK_S` apart, while any wait."""

    LOOK_S = 0.1

    def __init__(self) -> None:
        self._waiting: frozenset[Endpoint] = frozenset()
        self._debt = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def look(self, port: int, floods: Callable[[Endpoint], bool]) -> int:
        """Lets those wait that are said to flood, and reads a little; how many were not waiting before."""
        of_callers = sockets.of_callers(port)
        flooding = frozenset(each.caller for each in of_callers if floods(each.caller))
        concerned = [each for each in of_callers if each.caller in flooding | self._waiting]
        read = self._next(concerned)
        for each in concerned:
            is_read = each in read or (each.caller not in flooding and not each.unread)
            sockets.ask_for(each, 1 if is_read else _WAITING_BYTES)
        before, self._waiting = (
            self._waiting,
            flooding | {each.caller for each in concerned if each.unread and each not in read},
        )
        return len(flooding - before)

    def _next(self, waiting: list[OwnSocket]) -> frozenset[OwnSocket]:
        """Those whose turn it is: one that says too much at once is paid for at the next looks."""
        self._debt = max(0, self._debt - _READ_BYTES)
        chosen = []
        for each in sorted(waiting, key=lambda each: each.unread):
            if self._debt >= _READ_BYTES:
                break
            if each.unread:
                chosen.append(each)
                self._debt = min(_MOST_OWED_BYTES, self._debt + each.unread)
        return frozenset(chosen)
