"""In which line a connection waits, and how much of each line is read.

The lines are those of each flooding key, of the strangers whose network floods, and of newcomers: connections
on which no call was seen yet. They wait also while nobody floods: who has thousands of calls to make opens
connections for them first.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from gateway.auth.payers import Payer, Payers
from services.runtime.address import Endpoint, network_of
from services.runtime.waiting import LITTLE_BYTES, MUCH_BYTES, Line, Place, WaitingConnections

# At each look: of all strangers together some 5 calls, which are refused in few hundredths of a processor;
# of a key as many as it may make, since of such calls each has 60 to 150.
_READ_OF_STRANGERS = 512
_BYTES_OF_CALL = 100
# So many times as much of a key that has not made too many calls for a moment: what still waits may be an
# import, which has many bytes and few calls.
_QUIET_FACTOR = 10
_STRANGERS = Line("strangers", _READ_OF_STRANGERS, _READ_OF_STRANGERS, most_bytes=MUCH_BYTES)
# Some 20 first calls, after a deploy of honest callers for instance; 10 while they are much work.
NEWCOMERS = Line("newcomers", 8 * 1024, 4 * 1024, most_bytes=MUCH_BYTES)
# While nobody floods: first calls and handshakes wait for nobody. An import begins with 64 KiB.
_NEWCOMERS_IN_CALM = replace(NEWCOMERS, free_bytes=LITTLE_BYTES, little_bytes=8 * LITTLE_BYTES)


class Lines:
    """As they are at one moment."""

    def __init__(self, payers: Payers, known: Mapping[Endpoint | None, Payer], calls_per_s: float) -> None:
        """`known` is whose the connections are on which a call was seen."""
        self._known = known
        self._newcomers = NEWCOMERS if payers else _NEWCOMERS_IN_CALM
        keys = [payer for payer in payers if isinstance(payer, int)]
        each = int(calls_per_s * _BYTES_OF_CALL * WaitingConnections.LOOK_S / max(1, len(keys)))
        self._lines: dict[Payer, Line] = {
            payer: _of_key(payer, each, is_quiet=payers.is_quiet(payer))
            if isinstance(payer, int)
            else _STRANGERS
            for payer in payers
        }
        self._networks: dict[str, str] = {}

    def place_of(self, caller: Endpoint) -> Place | None:
        """Where the connection waits, if it has to."""
        payer = self._known.get(caller)
        if payer is not None:
            line = self._lines.get(payer)
            return Place(line, payer, payer) if line else None
        if caller.host not in self._networks:
            self._networks[caller.host] = network_of(caller.host)
        return Place(self._newcomers, NEWCOMERS.name, self._networks[caller.host])


def _of_key(key: int, read_bytes: int, *, is_quiet: bool) -> Line:
    # What is left of a key that floods no more is read also while others keep the process busy.
    read = read_bytes * _QUIET_FACTOR if is_quiet else read_bytes
    return Line(key, read, read, math.inf if is_quiet else LITTLE_BYTES)
