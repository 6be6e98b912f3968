"""The words of `words.toml`, to be found in a title or a value."""

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from gateway.imports.wishes.fold import fold, squeezed

_FILE: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
# Scripts that put no space between words, from Thai to Hangul; Hindi and Arabic do.
_UNSPACED = (("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"))
_SHORTEST_STEM = 3


def _is_unspaced(word: str) -> bool:
    return any(first <= word[0] <= last for first, last in _UNSPACED)


class Words:
    """One list of words."""

    def __init__(self, text: str) -> None:
        listed = [fold(each) for each in text.split()]
        self.parts = tuple(each for each in listed if _is_unspaced(each))
        self.all = tuple(each.strip("-") for each in listed)
        self.whole = frozenset(each for each in listed if "-" not in (each[0], each[-1:]))
        # In Germanic languages the last part of a word says what it is: `Werbewiderspruch`.
        self._ends = tuple(each[1:] for each in listed if each[0] == "-")
        self._stems = frozenset(each[:-1] for each in listed if each[-1:] == "-")
        self._lengths = sorted({len(stem) for stem in self._stems})

    def __contains__(self, word: str) -> bool:
        if word in self.whole or any(word[:length] in self._stems for length in self._lengths):
            return True
        return bool(self._ends) and word.endswith(self._ends)

    def found(self, said: Sequence[str]) -> list[int]:
        """The places of the words of this list."""
        return [place for place, word in enumerate(said) if word in self or self.is_part(word)]

    def is_part(self, word: str) -> bool:
        """Whether a word of a script without spaces has one of this list in it."""
        return bool(self.parts) and not word.isascii() and any(part in word for part in self.parts)


TITLES = {name: Words(text) for name, text in _FILE["titles"].items()}
CHANNELS = {name: Words(text) for name, text in _FILE["channels"].items()}
ASPECTS = {name: Words(text) for name, text in _FILE["aspects"].items()}
ANSWERS = {name: Words(text) for name, text in _FILE["answers"].items()}
VALUES = {name: frozenset(map(squeezed, text.split())) for name, text in _FILE["values"].items()}

_KNOWN: frozenset[str] = frozenset().union(
    *(each.whole for group in (TITLES, CHANNELS, ASPECTS) for each in group.values()),
    {"is", "has", "to", "for", "of", "the", "in", "do", "be", "me", "us", "accepts", "receives", "marketing",
     "message", "messages", "unsubscribed", "unsubscribe", "consent", "contact", "allow", "broadcast",
     "subscription", "subscriber", "optedin", "optedout", "opted"},
) - TITLES["not"].whole  # fmt: skip
_LONGEST = 40
# In one word without a capital or a space these could be found by chance.
_SHORTEST = 2


def parted(word: str) -> tuple[str, ...]:
    """`smsoptout` as `sms`, `optout`: a word that is nothing but known words; else the word alone."""
    if word in _KNOWN or not word.isascii() or not 5 <= len(word) <= _LONGEST:  # noqa: PLR2004 - two words
        return (word,)
    return _parted(word)


@lru_cache(maxsize=2048)
def _parted(word: str) -> tuple[str, ...]:
    best: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
    for end in range(_SHORTEST, len(word) + 1):
        for begin in range(end - _SHORTEST + 1):
            before, part = best[begin], word[begin:end]
            if before is None or part not in _KNOWN:
                continue
            now = best[end]
            if now is None or len(before) + 1 < len(now):
                best[end] = (*before, part)
    return best[-1] or (word,)


def all_parted(said: Iterable[str]) -> list[str]:
    """The words with those taken apart that are several."""
    return [part for word in said for part in parted(word)]
