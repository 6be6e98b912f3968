"""The entries of a table of `vocabulary.toml`: words, phrases, and the beginnings of bent words. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from services.consent import normal
from services.consent.roles import Role

Phrase = tuple[str, ...]
# A word of the file that stands for all that begin with it.
_BENT = "*"
SHORTEST_STEM, LONGEST_STEM = 3, 12


def words(entries: object) -> frozenset[str]:
    """Single words, plain."""
    return frozenset(normal.plain(word) for word in _entries(entries))


def stems(table: Mapping[str, object]) -> Iterator[tuple[str, Role]]:
    """The beginnings of bent words, with their roles."""
    for role in Role:
        for entry in _entries(table.get(role.value, "")):
            if entry.endswith(_BENT):
                yield normal.plain(entry.removesuffix(_BENT)), role


def beginnings(word: str, known: Collection[str]) -> list[str]:
    """Those of the word's beginnings that are known, the longest first."""
    if len(word) < SHORTEST_STEM:
        return []
    lengths = range(min(len(word), LONGEST_STEM), SHORTEST_STEM - 1, -1)
    return [word[:length] for length in lengths if word[:length] in known]


def plain_phrases(text: object) -> Iterator[Phrase]:
    """Words and phrases, plain, but those that stand for bent ones."""
    for entry in _entries(text):
        if not entry.endswith(_BENT):
            words = [word for clause in normal.clauses(entry) for word in clause.words]
            yield tuple(part.plain for word in words for part in word.joined or (word,))


def plain_stems(text: object) -> Iterator[str]:
    """The beginnings of bent words, plain."""
    for entry in _entries(text):
        if entry.endswith(_BENT):
            yield normal.plain(entry.removesuffix(_BENT).casefold())


def _entries(text: object) -> Iterator[str]:
    yield from filter(None, map(str.strip, str(text).replace("\n", " ").split(",")))


def phrases(table: Mapping[str, object], *, is_marked: bool) -> Iterator[tuple[Phrase, Role]]:
    """The words and phrases, with their roles; one with an apostrophe or a hyphen also in parts."""
    for role in Role:
        for entry in _entries(table.get(role.value, "")):
            if entry.endswith(_BENT):
                continue
            words = [part for clause in normal.clauses(entry) for part in clause.words]
            yield tuple(word.marked if is_marked else word.plain for word in words), role
            parted = [part for word in words for part in (word.joined or (word,))]
            if len(parted) > len(words):
                yield tuple(part.marked if is_marked else part.plain for part in parted), role


def single(phrases: Sequence[tuple[Phrase, Role]], roles: Collection[Role]) -> dict[str, Role]:
    """Those of one word that have one of the roles."""
    return {phrase[0]: role for phrase, role in phrases if len(phrase) == 1 and role in roles}
