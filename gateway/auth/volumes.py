"""How much callers send beside the bodies of their calls: frames that are no calls cost a processor too.

gRPC answers pings and settings, takes headers apart, and begins calls that are reset at once, all before
anything of ours is called. A caller who means well says little of that: some hundred bytes a call, and bodies
come only when they are asked for. So each payer may send so much at once and so much a second beyond the
bodies that were read. Connections on which much of what is more came are cut off.

They are compared while the process works hard: before, nobody is in anybody's way.
"""

import itertools
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opentelemetry import metrics

from gateway.auth.payers import Payer
from services.runtime import sockets
from services.runtime.address import Endpoint, endpoint_of
from services.runtime.sockets import CallerSockets, OwnSocket

_KIB, _MIB = 1024, 1024 * 1024
# On a connection since the last look: as much as many calls with long headers have.
_MUCH = 16 * _KIB
_MOST_PAYERS = 10_000

_cut = metrics.get_meter(__name__).create_counter(
    "kompang.cut_connections",
    unit="{connection}",
    description="Connections that were ended because their callers sent much that was no call.",
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Bytes beside bodies: at once, and a second."""

    burst: int
    per_s: int


# Bodies that are being received are several megabytes, and count as bodies when they are there.
_OF_KEY = Allowed(16 * _MIB, 512 * _KIB)
_OF_STRANGERS = Allowed(_MIB, 64 * _KIB)


class Volumes:
    """Of one gateway."""

    def __init__(self) -> None:
        self._received: dict[OwnSocket, int] = {}
        self._taken: Counter[str] = Counter()
        self._used: OrderedDict[Payer, tuple[float, float]] = OrderedDict()

    def took(self, connection: str, size: int) -> None:
        """A body of so many bytes was read of what came on it."""
        self._taken[connection] += size

    def look(self, callers: CallerSockets, payer_of: Callable[[Endpoint], Payer]) -> Sequence[Payer]:
        """Cuts connections off; whose they were."""
        received = {each: sockets.received(each) for each in callers.look()}
        came: dict[Payer, dict[OwnSocket, int]] = defaultdict(dict)
        for each, size in received.items():
            came[payer_of(each.caller)][each] = size - self._received.get(each, 0)
        self._received = received
        taken: Counter[Payer] = Counter()
        for connection, size in self._taken.items():
            if at := endpoint_of(connection):
                taken[payer_of(at)] += size
        self._taken.clear()
        much = {
            payer: [each for each, size in sizes.items() if size > _MUCH]
            for payer, sizes in came.items()
            if self._is_too_much(payer, sum(sizes.values()) - taken[payer])
        }
        for each in itertools.chain.from_iterable(much.values()):
            sockets.cut(each)
            _cut.add(1)
        return [payer for payer, own in much.items() if own]

    def _is_too_much(self, payer: Payer, size: int) -> bool:
        """Whether it has sent more than it may have by now; bodies may have come before."""
        allowed = _OF_KEY if isinstance(payer, int) else _OF_STRANGERS
        now = time.monotonic()
        used, at = self._used.pop(payer, (0.0, now))
        used = max(0.0, used + size - (now - at) * allowed.per_s)
        self._used[payer] = min(used, 2.0 * allowed.burst), now
        if len(self._used) > _MOST_PAYERS:
            self._used.popitem(last=False)
        return used > allowed.burst
