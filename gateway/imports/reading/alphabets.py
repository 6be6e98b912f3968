"""Whether the letters of a text stand as they do in the names of some language.

A wrong encoding gives itself away in words: a sign between letters (`M„ller`), a capital behind a small
letter (`JosÈ`), letters of two alphabets (`Çaðrı`), of two scripts (`Mмller`). Words are looked at one by
one, since people of every country stand in the lists of every other.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_WORDS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("alphabets.toml").read_text(encoding="utf-8")
)
_LATIN = "Latin"
# What stands at the edge of words, and never between two letters but for the apostrophes.
_OPENING = frozenset("“”„«‹¿¡‘’‚–—•€£©®™°½¼¾…№×±²³§¶†‡\u00a0\u200e\u200f\u200c\u200d")
_CLOSING = frozenset("“”’‘»›–—•€£©®™°…½¼¾\u00a0\u200e\u200f\u200c\u200d،؛؟、。·（）「」：；，？！－ー・　")
_INNER = frozenset("’‘ʼ–—\u00a0،؛；，、・ー－：（）　\u200c\u200d")
_APOSTROPHES = frozenset("‘’")
_ORDINAL = frozenset("ºª")
_TOKEN = re.compile(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]+")
_HAN = r"\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_SCRIPTS = {
    "zh": re.compile(f"[{_HAN}]+"),
    # Half-width syllables are those of banks.
    "ja": re.compile(f"[{_HAN}\u3041-\u30ff]+|[\uff66-\uff9f]+"),
    "ko": re.compile(r"[\uac00-\ud7a3]+"),
}
_BRAND = re.compile(r"^[A-Za-z]{2,20}(?=[^\x00-\x7f]{3})|(?<=[^\x00-\x7f]{3})[A-Za-z]{2,20}$")
# Two thirds of a word may be rare.
_MOST = 1.5
_THAI = re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e5b]+")
# A vowel below, above or behind begins no word.
_THAI_BEGINS = re.compile(r"[\u0e01-\u0e2e\u0e40-\u0e44]")


@dataclass(frozen=True)
class Language:
    """`letters` in both cases, ASCII not counted."""

    tag: str
    letters: frozenset[str]
    countries: frozenset[str]
    is_latin: bool


def _language(tag: str, words: dict[str, str]) -> Language:
    letters = words["letters"]
    both = frozenset(letters + letters.upper() + letters.lower()) - frozenset("I\u0307")
    return Language(tag, both, frozenset(words["countries"].split()), words.get("script", _LATIN) == _LATIN)


_LANGUAGES = [_language(tag, words) for tag, words in _WORDS.items()]
# Written without letters of an alphabet.
_COUNTRIES = {
    "th": frozenset({"TH"}),
    "ja": frozenset({"JP"}),
    "ko": frozenset({"KR"}),
    "zh": frozenset({"CN", "TW", "HK", "MO"}),
}


def languages_of(country: str) -> frozenset[str]:
    """The languages that people of a country write their names in, as far as letters are known."""
    return frozenset(each.tag for each in _LANGUAGES if country in each.countries) | frozenset(
        tag for tag, countries in _COUNTRIES.items() if country in countries
    )


def words(text: str) -> list[str]:
    """The words of a text that have a character beyond ASCII, each with the letters around it."""
    return [word for word in _TOKEN.findall(unicodedata.normalize("NFC", text)) if not word.isascii()]


def languages_of_word(word: str) -> frozenset[str]:
    """The languages that a word may be of; empty when no word is written so, `ANY` when it has no letter."""
    bare = _without_signs(word)
    if bare is None:
        return frozenset()
    if not bare or bare.isascii():
        return ANY
    if _THAI.fullmatch(bare):
        return _THAI_ONLY if _THAI_BEGINS.match(bare) else frozenset()
    return _alphabetic(bare) if _is_cased(bare) else frozenset()


def is_east_asian(word: str, language: str, rare: Callable[[str], bool]) -> bool:
    """Whether a word may be Chinese, Japanese or Korean: in its own letters, and not in rare ones alone."""
    bare = _without_signs(word)
    if not bare or bare.isascii():
        return bare is not None
    # `WhatsAppでのご案内`: no space parts them.
    bare = _BRAND.sub("", bare)
    return bool(_SCRIPTS[language].fullmatch(bare)) and _MOST * sum(map(rare, bare)) <= len(bare)


# A word of nothing but ASCII and signs, such as `“Ali”`.
ANY = frozenset({"*"})
_THAI_ONLY = frozenset({"th"})


def _without_signs(word: str) -> str | None:
    """The letters alone; None where a sign stands as none does."""
    if word[0] in _APOSTROPHES and word[1:2].islower() and not word[1].isascii():
        # A capital of another encoding: `’ννα` for `Άννα`.
        return None
    start, end = 0, len(word)
    while start < end and word[start] in _OPENING:
        start += 1
    while end > start and (word[end - 1] in _CLOSING or word[end - 1] in _ORDINAL):
        end -= 1
    left = word[start:end]
    # Catalan has a point between two l.
    letters = "".join(each for each in left.replace("l·l", "ll") if each not in _INNER)
    return letters if all(map(_is_letter, letters)) else None


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" and char not in _ORDINAL


def _is_cased(word: str) -> bool:
    """A capital beyond ASCII begins a word, or stands in one of capitals; it follows no small letter."""
    if word.isupper():
        return True
    return not any(
        after.isupper() and (not after.isascii() or (before.islower() and not before.isascii()))
        for before, after in pairwise(word)
    )


def _alphabetic(word: str) -> frozenset[str]:
    beyond = frozenset(each for each in word if not each.isascii())
    is_pure = len(beyond) > 0 and not any(each.isascii() for each in word)
    return frozenset(each.tag for each in _LANGUAGES if beyond <= each.letters and (each.is_latin or is_pure))
