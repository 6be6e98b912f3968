"""Words as people type them, brought to the words that are known. Pure.

What is no known word is tried with its repeated letters taken away, in the alphabets that look alike, with
digits read as letters, parted into two known words (`stoplah`), and, where it is long, with one letter wrong.
A short word is never corrected: `shop` is no `stop`.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from services.consent.lookalikes import readings
from services.consent.normal import Clause, Word
from services.consent.roles import Role
from services.consent.vocabulary import Vocabulary, vocabulary

# One letter may be wrong in a word so long, two in one so much longer.
_ONE_WRONG, _TWO_WRONG = 8, 11
# Misspellings are looked for in short replies only: a long one has words enough.
_MOST_WORDS = 24
_SHORTEST_PART = 4
_MOST_PIECES = 4
# "Stop" is too short to be corrected but in a reply of so few words, by the list of its slips.
_MOST_BESIDE_A_SLIP = 3
# More of one letter in a row are a cry.
_TWICE = 2


def spelled(found: Sequence[Clause]) -> list[Clause]:
    """The clauses in known words, wherever a word can be brought to one."""
    known = vocabulary()
    count = sum(len(clause.words) for clause in found)
    most = _MOST_WORDS if count <= _MOST_WORDS else 0
    if count <= _MOST_BESIDE_A_SLIP:
        found = [Clause([_slip(word, known) for word in clause.words], clause.asks) for clause in found]
    clauses = [
        Clause([new for word in clause.words for new in _known(word, known, correct=most > 0)], clause.asks)
        for clause in found
    ]
    return _glued(clauses, known) if most else clauses


def _slip(word: Word, known: Vocabulary) -> Word:
    return Word("stop", "stop") if word.plain in known.slips and not known.knows(word) else word


def _known(word: Word, known: Vocabulary, *, correct: bool) -> Iterator[Word]:
    if word.is_unspaced or known.knows(word):
        yield word
    elif word.joined:
        for part in word.joined:
            if part.plain:
                yield from _known(part, known, correct=correct)
    else:
        ways = [way for way in _ways(word.plain) if way in known.words]
        if ways:
            yield Word(ways[0], ways[0])
        elif parts := _parts(word.plain, known):
            yield from (Word(part, part) for part in parts)
        elif correct and (near := _near(word.plain)):
            yield Word(near, near)
        else:
            yield word


def _ways(word: str) -> Iterator[str]:
    for each in (word, *(readings(word) if len(word) > _TWICE else ())):
        yield each
        runs = ["".join(run) for _, run in groupby(each)]
        if any(len(run) > _TWICE for run in runs):
            yield "".join(run[:1] if len(run) > _TWICE else run for run in runs)
            yield "".join(run[:2] for run in runs)
            yield "".join(run[:1] for run in runs)


def _parts(word: str, known: Vocabulary) -> tuple[str, ...]:
    """A stop word with another one or a particle glued to it: `stopstop`, `stoplah`, `plsstop`."""
    for at in range(2, len(word) - 1):
        before, behind = word[:at], word[at:]
        for stop, other in ((before, behind), (behind, before)):
            if len(stop) >= _SHORTEST_PART and known.stops.get(stop) is Role.STOP:
                if other in known.fillers:
                    return before, behind
                if other.replace(stop, "") == "":
                    return (stop,)
    return ()


def _glued(found: list[Clause], known: Vocabulary) -> list[Clause]:
    """A reply that is one stop word in pieces: `st op`, `un subscribe`."""
    pieces = [word for clause in found for word in clause.words]
    whole = "".join(word.plain for word in pieces)
    is_piece = any(word.plain not in known.words for word in pieces)
    is_short = 1 < len(pieces) <= _MOST_PIECES and len(whole) >= _SHORTEST_PART and whole.isalpha()
    if is_short and is_piece and known.stops.get(whole) in (Role.STOP, Role.LEAVE):
        return [Clause([Word(whole, whole)], asks=any(clause.asks for clause in found))]
    return found


def _near(word: str) -> str | None:
    """A long stop word of which one or two letters are missing, wrong, too many or exchanged."""
    if len(word) < _ONE_WRONG - 1 or not word.isalpha():
        return None
    for other in _long_words().get(word[:2], ()):
        is_long = len(word) >= _TWO_WRONG - 1 and len(other) >= _TWO_WRONG
        allowed = 2 if is_long else 1
        if abs(len(word) - len(other)) <= allowed and _distance(word, other) <= allowed:
            return other
    return None


@cache
def _long_words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word, role in sorted(vocabulary().stops.items()):
        if len(word) >= _ONE_WRONG and role is not Role.START and word.isalpha():
            found.setdefault(word[:2], []).append(word)
    return found


def _distance(one: str, other: str) -> int:
    """Of Damerau and Levenshtein: letters left out, put in, changed, or exchanged with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]
