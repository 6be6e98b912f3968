"""How many rows of a file have which value, in the columns about a person's wish: for a report."""

from collections import Counter
from collections.abc import Sequence

from gateway.imports.cells.text import cell_text
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.inside import said_by
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.samples import shown

MOST_VALUES = 20
# Different values of a column that are counted each: what comes later is counted together.
_KEPT = 200
_OTHERS = "(others)"
_SHOWS_NONE = (Meaning.OPT_IN_TIME, Meaning.OTHER_CHANNEL)


class Tally:
    """`width`: the columns of the file; `headers`: none, where it has no titles."""

    def __init__(self, wishes: Sequence[Wish], width: int, headers: Sequence[str] = ()) -> None:
        self._wishes = wishes
        self._headers = headers
        self.filled = [0] * width
        self._counts: dict[int, Counter[str]] = {wish.index: Counter() for wish in wishes}

    def add(self, row: Sequence[str]) -> None:
        """Counts one row, whatever becomes of it."""
        for index in range(min(len(row), len(self.filled))):
            self.filled[index] += bool(row[index].strip())
        for wish in self._wishes:
            counted = self._counts[wish.index]
            value = cell_text(row[wish.index]) if wish.index < len(row) else ""
            counted[value if value in counted or len(counted) < _KEPT else _OTHERS] += 1

    def values(self, wish: Wish) -> list[tuple[str, Answer, int]]:
        """The most frequent values of a column, what each says, in how many rows; no person is in them."""
        found: Counter[tuple[str, Answer]] = Counter()
        counted = self._counts[wish.index]
        for value, count in counted.items():
            said = Answer.NOTHING if value == _OTHERS else said_by(wish, self._header(wish), value)
            found[_told(wish, value, said, count, len(counted)), said] += count
        return [(value, said, count) for (value, said), count in found.most_common(MOST_VALUES)]

    def _header(self, wish: Wish) -> str:
        return self._headers[wish.index] if wish.index < len(self._headers) else ""


def _told(wish: Wish, value: str, said: Answer, count: int, different: int) -> str:
    """Of columns about something else only what counts is told."""
    if not value:
        return "(empty)"
    if value == _OTHERS or wish.meaning in _SHOWS_NONE or (not wish.is_strict and said is Answer.NOTHING):
        return _OTHERS
    return shown(value, count, different)
