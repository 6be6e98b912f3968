"""How slow the processor is at this moment, and limits of processor time that allow for that.

A limit in a test says what some work may take of a processor of the usual speed. `allowed_s` stretches the
limit by the processor's slowness: how much longer than there a piece of plain Python takes here and now.
It differs from `slowness.patient`, which is about the start of processes and the crowd on the cores, and is
measured once: what counts here is the processor time of one thread, to which the others do not add, but which
a slower processor, a shared cache and a host with other guests make longer from one second to the next.
"""

import time
from collections.abc import Callable
from statistics import median

# What `_work` takes of the processor that the limits were written for.
_USUAL_S = 0.0032
_SAMPLES = 7
# So often work is tried that took too long.
_ROUNDS = 5
# Slower than this is not slow but broken.
_MOST = 10.0


def allowed_s(seconds: float) -> float:
    """The limit of processor time `seconds`, stretched for the processor of this moment."""
    return seconds * processor_slowness()


def assert_quick(work: Callable[[], object], most_s: float, name: str = "this") -> None:
    """Runs `work` until it once takes less than it may, a few times at most.

    What else the machine does can only add to the processor time; the least is the work's own.
    """
    taken: list[float] = []
    for _ in range(_ROUNDS):
        taken.append(taken_s(work))
        if taken[-1] < most_s or taken[-1] < allowed_s(most_s):
            return
    raise AssertionError(f"{name} takes {min(taken) * 1000:.1f} ms; {most_s * 1000:.1f} ms are allowed")


def taken_s(work: Callable[[], object]) -> float:
    """Processor time of this thread."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def processor_slowness() -> float:
    """1.0 on a processor of the usual speed or a faster one, more on a slower one; takes some 25 ms."""
    return min(_MOST, max(1.0, median(taken_s(_work) for _ in range(_SAMPLES)) / _USUAL_S))


def _work() -> int:
    """What the product does most: texts are cut, joined, looked up and kept in objects."""
    seen: dict[str, list[int]] = {}
    for at in range(6_000):
        seen.setdefault(f"{at % 700:03d}"[::-1].strip("0"), []).append(at)
    return sum(len(" ".join(map(str, each)).split()) for each in seen.values())
