"""How like a refusal a note about a person is, by pieces of its words: asked where no rule hears one.

Who keeps a list writes in telegram style, in any language, about somebody: `replied STOP on 3/2`, `off all
lists`. Rules hear what somebody has thought of. Every other note is weighed as replies are
(`services/consent/likeness.py`), by their weights and by some of its own that `infra/note_likeness.py`
learned from labelled notes. What is like a refusal is perhaps one: the person is left alone, and the dry run
shows it. docs/consent.md says what it was measured on. Linear, bounded.
"""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from services.consent import likeness
from services.consent.normal import clauses
from services.consent.words import ends, visible

WEIGHTS = Path(__file__).with_name("notes.bin")
"""The digest of the notes that it was learned from, and a weight of one byte for each bucket."""
BUCKETS = 1 << 17
# Lower hears more refusals and takes more notes for one: docs/consent.md has the figures.
THRESHOLD = -10.0
# Of a lone word in Latin letters: a kind of people, a name.
WORD_THRESHOLD = 6.0
# In a column of which nobody knows that it is of notes, and in a heading between people.
OTHER_THRESHOLD = 2.0
# In a line above or below the people, that may be said of all of them: it stops an import.
LINE_THRESHOLD = 16.0
# Below it one who minds nothing has refused nothing.
ACQUITTED = 20.0
_LONGEST = 1000
_SHORTEST = 3
_OF_A_PROGRAM = frozenset("0123456789@_/")
_LAST_BUCKET = BUCKETS - 1


def is_like_a_refusal(note: str, above: float = THRESHOLD) -> bool:
    """Whether a note in which the rules hear nothing may be a refusal. `above`: the bound."""
    if not _is_text(note):
        return False
    is_word = " " not in note.strip() and note.isascii()
    return note_likeness(note) > (max(above, WORD_THRESHOLD) if is_word else above)


def is_unlike_a_refusal(note: str) -> bool:
    """Whether a note in which somebody is said to mind nothing is no refusal for other words of it."""
    return note_likeness(note[:_LONGEST]) < ACQUITTED


def note_likeness(note: str) -> float:
    """Above zero for what is rather a refusal, below for what is rather none."""
    each = _pieces(note)
    return _weighed({bucket & _LAST_BUCKET for bucket in each}, weights()) + _weighed(
        each, likeness.weights()
    )


def likeness_of_replies(note: str) -> float:
    """The part of it that the weights of replies say."""
    return _weighed(_pieces(note), likeness.weights())


def buckets(note: str) -> set[int]:
    """The buckets of the pieces of a note."""
    return {bucket & _LAST_BUCKET for bucket in _pieces(note)}


def _pieces(note: str) -> set[int]:
    return likeness.buckets(clauses(visible(ends(note))))


def _weighed(each: Collection[int], known: Sequence[int]) -> float:
    return float(sum(map(known.__getitem__, each)) / max(1, len(each)) ** 0.5)


def _is_text(note: str) -> bool:
    if not _SHORTEST <= len(note) <= _LONGEST or not any(map(str.isalpha, note)):
        return False
    # An address, a code, a link.
    return " " in note or not note.isascii() or _OF_A_PROGRAM.isdisjoint(note)


@cache
def weights() -> memoryview:
    """The weights by bucket, read once."""
    return memoryview(WEIGHTS.read_bytes())[likeness.DIGEST_BYTES :].cast("b")
