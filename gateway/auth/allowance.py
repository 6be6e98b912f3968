"""How often somebody may do something: so often at once, and so much more a second."""

import time
from collections import OrderedDict
from collections.abc import Hashable

_MOST_PAYERS = 10_000


class Allowance:
    """So many at once, and so many more a second, of each payer."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def spend(self, payer: Hashable) -> bool:
        """Whether the payer had one left."""
        now = time.monotonic()
        left, at = self._left.pop(payer, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        self._left[payer] = (max(0.0, left - 1), now)
        if len(self._left) > _MOST_PAYERS:
            self._left.popitem(last=False)
        return left >= 1
