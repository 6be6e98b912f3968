"""What a clause speaks of: a booking, calls, another service, as `subjects.toml` has their words. Pure.

The words of all languages are together, for what they say of something else than messages is the same.
`subjects.json` keeps them in the normal form of replies, as `tables.json` keeps the vocabulary.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.consent import entries
from services.consent.entries import Phrase, beginnings

SOURCE = Path(__file__).with_name("subjects.toml")
FILE = Path(__file__).with_name("subjects.json")
_AGAIN = "again"
# A lone number of one or two digits tells which of several things, as this one in a phrase does.
_COUNT, _LONGEST_COUNT = "0", 2
# So many words before a wish to have something again may deny it.
_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Subjects:
    """The phrases of each first word, and the beginnings of bent words, with their subjects."""

    phrases: Mapping[str, Sequence[tuple[Phrase, str]]]
    stems: Mapping[str, frozenset[str]]

    def of(self, words: Sequence[str], denials: Collection[str]) -> frozenset[str]:
        """The subjects of a clause of plain words. Linear: a phrase is short, and few begin with one word."""
        return frozenset(self._each(_counted(words), denials))

    def _each(self, words: Sequence[str], denials: Collection[str]) -> Iterator[str]:
        for at, word in enumerate(words):
            for phrase, subject in self.phrases.get(word, ()):
                denied = subject == _AGAIN and _has(denials, words[max(0, at - _BEFORE) : at])
                if not denied and tuple(words[at : at + len(phrase)]) == phrase:
                    yield subject
            for stem in beginnings(word, self.stems):
                yield from self.stems[stem]


def _counted(words: Sequence[str]) -> list[str]:
    """A number in a row of them is part of one of a telephone (`01 23 45`), and stays."""
    numbers = [word.isdigit() for word in ("", *words, "")]
    return [
        _COUNT if within and not (before or behind) and len(word) <= _LONGEST_COUNT else word
        for word, before, within, behind in zip(words, numbers, numbers[1:], numbers[2:], strict=False)
    ]


def _has(wanted: Collection[str], words: Sequence[str]) -> bool:
    return any(word in wanted for word in words)


def packed(text: str) -> str:
    """The words that people write, in the normal form of replies: a line a subject."""
    lines = [
        (subject, [*entries.plain_phrases(words)], [*entries.plain_stems(words)])
        for subject, words in tomllib.loads(text).items()
    ]
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


@cache
def subjects() -> Subjects:
    """The subjects of the product."""
    by_word: defaultdict[str, list[tuple[Phrase, str]]] = defaultdict(list)
    by_stem: defaultdict[str, set[str]] = defaultdict(set)
    for subject, phrases, stems in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()):
        for phrase in phrases:
            by_word[phrase[0]].append((tuple(phrase), subject))
        for stem in stems:
            by_stem[stem].add(subject)
    return Subjects(by_word, {stem: frozenset(each) for stem, each in by_stem.items()})
