"""Who pays for calls that are too many, and for how long: keys by their id, strangers by their network.

A payer floods until nothing of his was too much, or waited, for a moment. Whoever floods again soon waits for
longer: else he would send thousands at one moment, rest until he is read at once again, and send thousands
more. What is kept is bounded.
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass

from gateway.auth.allowance import Allowance

Payer = str | int

# Nothing of his may be too much, or wait, for so long; after each flood so many times as long.
QUIET_S = 1.0
_LONGER = 8.0
_LONGEST_QUIET_S = 60.0
# A flood that is over for so long has no consequences.
_FORGIVEN_S = 600.0
_MOST_FLOODING = 10_000


@dataclass(slots=True)
class _Flood:
    at: float
    """When something was too much last."""
    quiet_s: float


class Payers:
    """Of one gateway."""

    def __init__(self) -> None:
        self._floods: OrderedDict[Payer, _Flood] = OrderedDict()
        self._past: OrderedDict[Payer, _Flood] = OrderedDict()

    def __len__(self) -> int:
        return len(self._floods)

    def __iter__(self) -> Iterator[Payer]:
        return iter(self._floods)

    def __contains__(self, payer: Payer) -> bool:
        return payer in self._floods

    def spend(self, allowance: Allowance, payer: Payer) -> bool:
        """Whether the payer had something left; else he floods."""
        is_left = allowance.spend(payer)
        if not is_left:
            self.flood(payer)
        return is_left

    def flood(self, payer: Payer) -> None:
        """Something of his was too much."""
        now = time.monotonic()
        flood = self._floods.get(payer) or self._past.pop(payer, None)
        if flood is None or now - flood.at > _FORGIVEN_S:
            flood = _Flood(now, QUIET_S)
        elif now - flood.at > QUIET_S:
            flood.quiet_s = min(_LONGEST_QUIET_S, flood.quiet_s * _LONGER)
        flood.at = now
        _keep(self._floods, payer, flood)

    def is_quiet(self, payer: Payer) -> bool:
        """Whether nothing of a flooding payer was too much for a moment."""
        return time.monotonic() - self._floods[payer].at > QUIET_S

    def end_quiet(self, unread: Collection[Hashable]) -> None:
        """Forgets those who have been quiet for long enough and of whom nothing is `unread`."""
        now = time.monotonic()
        for payer, flood in list(self._floods.items()):
            if payer not in unread and now - flood.at > flood.quiet_s:
                del self._floods[payer]
                _keep(self._past, payer, flood)


def _keep(floods: OrderedDict[Payer, _Flood], payer: Payer, flood: _Flood) -> None:
    floods[payer] = flood
    if len(floods) > _MOST_FLOODING:
        floods.popitem(last=False)
