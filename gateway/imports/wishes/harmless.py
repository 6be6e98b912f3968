"""Titles that say nothing of the wish of a person, though the cells are yes and no: `VIP`, `Bezahlt`."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import ASPECTS, Words

_FILE: dict[str, str] = tomllib.loads(Path(__file__).with_name("harmless.toml").read_text(encoding="utf-8"))
_ABOUT, _BESIDE, _MOMENTS = (Words(_FILE[name]) for name in ("about", "beside", "moments"))
# Of scripts without spaces the longest words first, so that a word is not taken for a part of another.
_PARTS = sorted({*_ABOUT.parts, *_BESIDE.parts}, key=len, reverse=True)
_LONGEST = 200
_PREFIXES = ("is", "has")


def is_harmless(header: str) -> bool:
    """Whether all of a title is known, and about something else."""
    return _is_harmless(header[:_LONGEST])


@lru_cache(maxsize=1024)
def _is_harmless(header: str) -> bool:
    # `T-shirt`, `Paid 2025`.
    said = [word for word in words(header) if not word.isdecimal() and (len(word) > 1 or not word.isascii())]
    return any(map(_is_about, said)) and all(_is_about(word) or word in _BESIDE for word in said)


def is_beside(word: str) -> bool:
    """Whether a word of a title is about something else, or says nothing."""
    return word in _BESIDE or _is_about(word)


def is_of_another_moment(header: str) -> bool:
    """Whether one word of a title says of what its times are: a birth, an order, a visit."""
    return _is_of_another_moment(header[:_LONGEST])


@lru_cache(maxsize=1024)
def _is_of_another_moment(header: str) -> bool:
    said = [word for word in words(header) if not word.isdecimal()]
    is_bare = bool(said) and all(word in ASPECTS["time"] for word in said)
    return is_bare or any(_is_about(word) or word in _MOMENTS or _MOMENTS.is_part(word) for word in said)


def _is_about(word: str) -> bool:
    if not word.isascii() and _ABOUT.is_part(word):
        return not _left(word)
    return any(each in _ABOUT for each in _readings(word))


def _readings(word: str) -> Iterator[str]:
    """`ismember` has a word of its own in it."""
    yield word
    for prefix in _PREFIXES:
        if word.startswith(prefix):
            yield word[len(prefix) :]


def _left(word: str) -> str:
    """What remains without the words that are known."""
    for part in _PARTS:
        word = word.replace(part, "")
    return word
