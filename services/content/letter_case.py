"""Mends names in ALL CAPS; every other name is left as its owner writes it.

"AHMAD BIN ALI" becomes "Ahmad bin Ali": particles are small but at the start, "MCDONALD" is "McDonald",
"O'BRIEN" "O'Brien" but "NUR'AIN" "Nur'ain", "JEAN-PIERRE" "Jean-Pierre". What may be initials stays: "MJ"
by itself, single letters, dotted letters, two letters without a vowel in a longer name ("MJ Tan") but for
known names and titles ("Ng", "Md", "Dr"), and II, III, IV after a name. "İBRAHİM IŞIK" is "İbrahim Işık".
Only Latin, Greek, Cyrillic and Armenian letters are mended: the case of newer ones depends on the version of
Unicode, so of Python.
"""

import re

_PARTICLES = frozenset(
    ("bin", "binti", "binte", "bt", "bte", "ibn", "bint", "a/l", "a/p", "s/o", "d/o", "w/o")
)
_SHORT = frozenset(("ng", "md", "hj", "dr", "mr", "ms", "st", "jr", "sr"))
_NUMBERS = frozenset(("II", "III", "IV"))
_VOWELS = frozenset("AEIOUYÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØÙÚÛÜÝ")
_CASED = re.compile("[A-Za-zÀ-ÖØ-öø-ʯͰ-Ͻ΀-҄҈-և\u1e00-\u1fff]")
_STABLE = re.compile("[\\0-֏\u1e00-\u1fff\u2010-\u2019]+")
_PARTS = re.compile(r"([-‐‑'’./&,()])")
_APOSTROPHES = frozenset("'’")
# No other language with an `I` has these.
_TURKISH = "İĞ"
_LONE = 2
_MC = 4


def mended(name: str) -> str:
    """The name in its usual case if it shouts, else the name."""
    words = name.split(" ")
    telling = [word for word in words if word not in _PARTICLES]
    if not any(map(_shouts, telling)) or any(map(_whispers, telling)):
        return name
    if len(words) == 1 and len(name) <= _LONE:
        return name
    dotless = _is_turkish(name)
    if dotless is None:
        return name
    if dotless:
        # Turkish has an i with a dot and one without, each in both cases.
        words = [word[:1] + word[1:].replace("I", "ı").replace("İ", "i") for word in words]
    return " ".join(_word(word, at) for at, word in enumerate(words))


def _is_turkish(name: str) -> bool | None:
    """None where `Ş` leaves it open whether the small form of an `I` has a dot: then nothing is changed."""
    if any(letter in name for letter in _TURKISH):
        return True
    return None if "Ş" in name and "I" in name else False


def _shouts(word: str) -> bool:
    return len(word) > 1 and (
        word.isupper() if word.isascii() else any(map(str.isupper, _CASED.findall(word)))
    )


def _whispers(word: str) -> bool:
    return not word.isupper() and any(map(str.islower, _CASED.findall(word)))


def _word(word: str, at: int) -> str:
    if at and word.lower() in _PARTICLES:
        return word.lower()
    if (at and word in _NUMBERS) or not _STABLE.fullmatch(word):
        return word
    if len(word) == _LONE and _VOWELS.isdisjoint(word) and word.lower() not in _SHORT:
        return word
    if word.isalpha():
        return _capitalised(word)
    parts = _PARTS.split(word)
    # After an apostrophe a capital only where one letter stands before it: O'Brien, Nur'ain.
    return "".join(
        part.lower()
        if index and parts[index - 1] in _APOSTROPHES and len(parts[index - 2]) > 1
        else _capitalised(part)
        for index, part in enumerate(parts)
    )


def _capitalised(part: str) -> str:
    if len(part) >= _MC and part.startswith("MC"):
        return "Mc" + part[2] + part[3:].lower()
    return part[:1] + part[1:].lower()
