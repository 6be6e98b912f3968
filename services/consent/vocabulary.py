"""The words of a reply, language by language, as `vocabulary.toml` has them. Pure after its tables are read.

Every language has the words of English beside its own, because people mix them (`msg mat karo`, `tigil na
please`); where both have a word, the language's own meaning counts. Read once, when the first reply is.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from services.consent import entries, likeness, normal, subjects, tables
from services.consent.entries import SHORTEST_STEM, Phrase, beginnings
from services.consent.normal import Word
from services.consent.roles import Role

_ENGLISH = "en"

# Those that make a language a candidate for a clause.
_TELLING = frozenset(Role) - {
    Role.OBJECT, Role.PLACE, Role.ME, Role.FILLER, Role.TODAY, Role.LATER, Role.WHY, Role.OTHER, Role.WANT,
}  # fmt: skip
# Those that a misspelling, a glued word and a look-alike may stand for.
_STOPS = (Role.STOP, Role.ALONE, Role.LEAVE, Role.START)

# What a denial, and a start, may say besides.
_SECOND = frozenset({Role.STOP, Role.ALONE, Role.LEAVE, Role.PERHAPS, Role.START})


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase of a clause: its role, and what it says where it denies nothing ("tak nak" alone)."""

    role: Role
    second: Role | None = None


_NUMBER, _OTHER = Part(Role.NUMBER), Part(Role.OTHER)


@dataclass(frozen=True, slots=True)
class Language:
    """Its phrases, and how long those of a first word are; `is_marked`: its accents make other words.

    `stems` are beginnings of words that are bent: what no phrase has, has the role of its longest one.
    """

    phrases: Mapping[Phrase, Part]
    lengths: Mapping[str, Sequence[int]]
    stems: Mapping[str, Part]
    prefixes: frozenset[str]
    """Letters that Hebrew and Arabic write before a word: "to", "the"."""
    is_marked: bool

    def read(self, words: Sequence[Word]) -> list[Part]:
        """The parts of a clause from left to right; a word of no role is `OTHER`."""
        keys = [word.marked if self.is_marked else word.plain for word in words]
        found, at = [], 0
        while at < len(keys):
            length, part = self._at(keys, at)
            found.append(part)
            at += length
        return found

    def _at(self, keys: Sequence[str], at: int) -> tuple[int, Part]:
        # Linear: a phrase is short, and few lengths begin with one word.
        for length in self.lengths.get(keys[at], ()):
            if part := self.phrases.get(tuple(keys[at : at + length])):
                return length, part
        if keys[at][:1] in self.prefixes and (part := self.phrases.get((keys[at][1:],))):
            return 1, part
        if self.stems and (found := beginnings(keys[at], self.stems)):
            return 1, self.stems[found[0]]
        return 1, _NUMBER if keys[at].isdigit() else _OTHER


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All languages, and what they share."""

    languages: Mapping[str, Language]
    telling: Mapping[str, frozenset[str]]
    """Of the first word of a telling phrase: the languages that have it."""
    words: frozenset[str]
    """Each word of any phrase, plain and marked."""
    stops: Mapping[str, Role]
    """Words that alone are a stop, or a start."""
    fillers: frozenset[str]
    starts: frozenset[str]
    """First words of what takes a stop back."""
    stems: Mapping[str, frozenset[str]]
    """Beginnings of bent words: the languages to which they tell something."""
    polite: frozenset[str]
    contrasts: frozenset[str]
    """Words before which another thought begins."""
    breaks: frozenset[str]
    """Words that begin another thought behind a stop."""
    topics: frozenset[str]
    """What stops, or is stopped, where no messages are meant."""
    slips: frozenset[str]
    """What a finger makes of `stop` by a key near by; words of a language (shop, step) are none."""
    numbers: frozenset[str]
    """The word for a number of a telephone."""
    calls: frozenset[str]
    """To call."""
    denials: frozenset[str]
    """Words that alone deny."""

    def candidates(self, words: Sequence[Word]) -> list[Language]:
        """The languages that may say something by this clause."""
        keys = {key for word in words for key in (word.plain, word.marked)}
        names = {name for key in keys for name in self._names(key)}
        return [self.languages[name] for name in sorted(names, key=lambda name: (name != _ENGLISH, name))]

    def knows(self, word: Word) -> bool:
        """Whether it is a word of any language, or a bent one."""
        keys = (word.plain, word.marked)
        return any(key in self.words or self.bent(key) for key in keys)

    def bent(self, word: str) -> list[str]:
        """The stems that the word begins with, the longest first."""
        return beginnings(word, self.stems)

    def _names(self, key: str) -> Iterator[str]:
        yield from self.telling.get(key, ())
        for stem in self.bent(key) if len(key) >= SHORTEST_STEM else ():
            yield from self.stems[stem]


async def read_ahead() -> None:
    """Reads the files in a thread, once: meanwhile an event loop must not stand still."""
    if not vocabulary.cache_info().currsize:
        await asyncio.to_thread(_read)


def _read() -> None:
    likeness.weights()
    subjects.subjects()
    vocabulary()


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the product."""
    read = tables.load()
    telling: defaultdict[str, set[str]] = defaultdict(set)
    bent: defaultdict[str, set[str]] = defaultdict(set)
    for name, table in read.languages.items():
        for phrase, role in table.phrases:
            if role in _TELLING:
                telling[phrase[0]].add(name)
        for stem, role in table.stems:
            bent[stem] |= {name} if role in _TELLING else set()
    for phrase, role in read.common:
        # A clause of these words alone is read as English, which has them too.
        if role in _TELLING:
            telling[phrase[0]].add(_ENGLISH)
    every = [*read.common, *(pair for table in read.languages.values() for pair in table.phrases)]
    shared = _Phrases({}, {}).with_more(read.common).with_more(read.languages[_ENGLISH].phrases)
    languages = {name: _language(shared, table) for name, table in read.languages.items()}
    lists = read.lists
    return Vocabulary(
        languages,
        {first: frozenset(names) for first, names in telling.items()},
        frozenset(part for phrase, _ in every for part in phrase),
        entries.single(every, _STOPS),
        frozenset(entries.single(every, (Role.FILLER, Role.TODAY, Role.ME))),
        frozenset(normal.plain(phrase[0]) for phrase, role in every if role is Role.START),
        {stem: frozenset(names) for stem, names in bent.items()},
        lists["polite"],
        lists["contrast"],
        lists["break"],
        lists["topic"],
        lists["slip"],
        lists["numbers"],
        lists["calls"],
        frozenset(entries.single(every, (Role.NOT,))),
    )


@dataclass(frozen=True, slots=True)
class _Phrases:
    """Phrases, and the lengths of those that begin with a word, the longest first."""

    parts: Mapping[Phrase, Part]
    lengths: Mapping[str, Sequence[int]]

    def with_more(self, phrases: Sequence[tuple[Phrase, Role]]) -> "_Phrases":
        """A later phrase takes the place of an equal one, which stays second if it may be a stop."""
        parts, lengths = {**self.parts}, {**self.lengths}
        for phrase, role in phrases:
            before = parts.get(phrase)
            said = [each for each in (before.second, before.role) if each in _SECOND] if before else []
            parts[phrase] = Part(role, said[0] if said and role is not said[0] else None)
            known = lengths.get(phrase[0], ())
            if len(phrase) not in known:
                lengths[phrase[0]] = sorted((*known, len(phrase)), reverse=True)
        return _Phrases(parts, lengths)


def _language(shared: _Phrases, table: tables.Table) -> Language:
    own = shared.with_more(table.phrases)
    stems = {stem: Part(role) for stem, role in table.stems}
    return Language(own.parts, own.lengths, stems, table.prefixes, table.is_marked)
