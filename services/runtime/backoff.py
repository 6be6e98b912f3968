"""How long to wait before the next try: a pure function."""

import random

FIRST_S = 0.4
LONGEST_S = 5.0
# 2 to this power is beyond any longest pause, and no float overflows on the way.
_MOST_DOUBLINGS = 32


def delay(failures: int, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> float:
    """Seconds to wait after so many failures in a row (1 is the first).

    The ceiling begins at `first_s`, doubles with each failure and stops at `longest_s`; the delay is between
    half of the ceiling and all of it.
    """
    ceiling = min(longest_s, first_s * 2.0 ** min(max(failures - 1, 0), _MOST_DOUBLINGS))
    return random.uniform(ceiling / 2, ceiling)
