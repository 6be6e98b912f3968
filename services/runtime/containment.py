"""An unforeseen error ends the work on one message, row or frame, and nothing else.

A loop over items (rows, frames, messages, events) wraps the work on each item in `contained`. An unforeseen
error then ends the work on that item: `contained` logs the error once with the ids of the item and the trace
id, and counts it; the loop decides what follows. An error that passes by itself (`PASSING`) is not a fault of
the item: `contained` raises it, and the loop tries everything again. Where one statement takes many items,
`contained_each` finds the item at fault.

The message of an unforeseen error may hold a person's words or number (asyncpg puts values into it), so only
its type and the place in the code are logged.
"""

import logging
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from opentelemetry import metrics

from services.runtime.errors import Aborted, ResourceExhausted, Unavailable

PASSING = (Unavailable, Aborted, ResourceExhausted)
"""What is away, was overtaken or is full: the same again may work."""

# Of one place, each minute.
_MOST_LINES = 60

_Thing = TypeVar("_Thing")

log = logging.getLogger(__name__)

counts: Counter[str] = Counter()
"""How many errors were contained in this process, by place."""

_counter = metrics.get_meter(__name__).create_counter(
    "kompang.contained_errors",
    unit="{error}",
    description="Unforeseen errors that ended the work on one thing.",
)


class Containment:
    """How the work on one thing ended: `error` is None when it went well.

    A class, and no generator, because each row of a list and each frame goes through one.
    """

    __slots__ = ("_ids", "_place", "_raised", "error")

    def __init__(self, place: str, raised: tuple[type[Exception], ...], ids: Mapping[str, object]) -> None:
        self._place = place
        self._raised = raised
        self._ids = ids
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, self._raised):
            return False
        self.error = error
        report(self._place, error, **self._ids)
        return True


def contained(place: str, *, raised: tuple[type[Exception], ...] = PASSING, **ids: object) -> Containment:
    """Ends quietly whatever is raised inside, but for `raised` and what is no `Exception`.

    `place` names what was done (`dispatch.outcome`); `ids` name the thing by ids only, never by a number or
    a text. A `raised` of `KompangError` is for work whose refusals are answers.
    """
    return Containment(place, raised, ids)


def contained_all(place: str, **ids: object) -> Containment:
    """As `contained`, and what passes by itself too: for work that nobody would try again."""
    return contained(place, raised=(), **ids)


async def contained_each(
    place: str,
    things: Sequence[_Thing],
    work: Callable[[Sequence[_Thing]], Awaitable[object]],
    ids: Callable[[_Thing], Mapping[str, object]],
    *,
    raised: tuple[type[Exception], ...] = PASSING,
) -> list[_Thing]:
    """Works on many things at once, and on halves of them where that raises, down to the one at fault.

    `work` must be safe to repeat and do all or nothing (one statement). Returns the things that failed alone;
    each was reported as by `contained`, with its `ids`. Raises `raised`: nothing is known of the rest then.
    """
    try:
        if things:
            await work(things)
    except raised:
        raise
    except Exception as error:  # noqa: BLE001 - containing it is the purpose
        if len(things) == 1:
            report(place, error, **ids(things[0]))
            return [things[0]]
        half = len(things) // 2
        return [
            *await contained_each(place, things[:half], work, ids, raised=raised),
            *await contained_each(place, things[half:], work, ids, raised=raised),
        ]
    return []


def report(place: str, error: Exception, **ids: object) -> None:
    """Counts one contained error and logs it; of very many in one place only so many lines a minute."""
    counts[place] += 1
    _counter.add(1, {"kompang.place": place, "error.type": type(error).__qualname__})
    minute = int(time.monotonic() / 60)
    lines = _lines.get(place, _Lines(minute))
    if lines.minute != minute and lines.reported > _MOST_LINES:
        ids |= {"unlogged_before": lines.reported - _MOST_LINES}
    if lines.minute != minute:
        lines = _Lines(minute)
    lines.reported += 1
    _lines[place] = lines
    if lines.reported <= _MOST_LINES:
        log.error(
            "contained",
            extra={"place": place, "error.type": type(error).__qualname__, "at": _where(error)} | ids,
        )


@dataclass(slots=True)
class _Lines:
    """How many errors one place reported within one minute."""

    minute: int
    reported: int = 0


_lines: dict[str, _Lines] = {}


def _where(error: Exception) -> list[str]:
    """The innermost frames, without values."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return [
        # Generated code (of a dataclass, say) has a name without a folder.
        f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno}"
        for frame in frames
    ]
