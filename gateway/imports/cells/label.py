"""The words that people write beside a number: `HP:`, `(WA)`, `Handy`, `тел.`; they change no number.

What is no such word stays, and the cell is refused for its letters: a name may say that the number is
somebody else's, a country that it is read wrongly, `x5` that nobody is reached by it alone.
"""

import tomllib
from itertools import chain
from pathlib import Path

from gateway.phones import squeezed

_LISTS: dict[str, str] = tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))
_LABELS = frozenset(squeezed(word) for word in chain.from_iterable(map(str.split, _LISTS.values())))
_LONGEST = 40

_AROUND = " \t\n\u00a0\u3000.,:;=#-\u2013\u2014/()[]<>\u3010\u3011\uff08\uff09\uff1a"
_OPEN = " ([\uff08"
_CLOSED = " )]\uff09"


def without_labels(text: str) -> str:
    """The text without a label before its first digit and one behind its last. Linear in the text."""
    places = [at for at, character in enumerate(text) if character.isdecimal()]
    if not places:
        return text
    return _without_before(text, places[0], places[-1] + 1)


def _without_before(text: str, first: int, end: int) -> str:
    # What belongs to the number: its sign, and a bracket around its code.
    start = text.find("+", 0, first)
    start = first if start < 0 else start
    while start and text[start - 1] in _OPEN:
        start -= 1
    while end < len(text) and text[end] in _CLOSED:
        end += 1
    before, behind = text[:start], text[end:]
    number = text[start if _is_label(before) else 0 : end if _is_label(behind) else len(text)]
    return number.strip()


def _is_label(text: str) -> bool:
    word = text.strip(_AROUND)
    return bool(word) and len(word) <= _LONGEST and squeezed(word) in _LABELS
