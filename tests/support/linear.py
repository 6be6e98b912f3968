"""Whether work grows with its input and no faster, on a machine of any speed."""

import math
import time
from collections.abc import Callable

_TIMES = 6
_ROUNDS = 3
# Linear work takes 6 times as long for 6 times the input, quadratic work 36 times.
_TOO_MUCH = 18.0
# Below this the clock says more about the machine than about the work.
_SHORTEST_S = 0.004
_DOUBLINGS = 4
_NOTHING_S = 0.02


def assert_linear(work: Callable[[int], object], count: int) -> None:
    """Compare the processor time of `work` for an input of `count` with that for 6 times as much.

    The least of several rounds counts: what else the machine does can only add to it. An input that is too
    small to be measured is doubled a few times; work that takes no time even then is not quadratic.
    """
    small = _least_s(work, count)
    for _ in range(_DOUBLINGS):
        if small >= _SHORTEST_S:
            break
        count *= 2
        small = _least_s(work, count)
    large = _least_s(work, _TIMES * count, _allowed_s(small))
    for _ in range(_DOUBLINGS):
        if large < _allowed_s(small):
            break
        # A moment in which the machine was slower spoils one side; quadratic work stays quadratic.
        small = min(small, _least_s(work, count))
        large = min(large, _least_s(work, _TIMES * count, _allowed_s(small)))
    assert large < _allowed_s(small), f"{_TIMES} times {count} takes {large / small:.1f} times as long"


def _allowed_s(small: float) -> float:
    return max(_NOTHING_S, _TOO_MUCH * small)


def _least_s(work: Callable[[int], object], count: int, enough_s: float = 0.0) -> float:
    """The least of some rounds; after one that took less than `enough_s` the others would change nothing."""
    least = math.inf
    for _ in range(_ROUNDS):
        # Of this thread: others of the process work beside it.
        begin = time.thread_time()
        work(count)
        least = min(least, time.thread_time() - begin)
        if least < enough_s:
            break
    return least
