"""Reports letters of another script that pass for letters of their word: `pаypal` with a Cyrillic `а`.

The table (`unicode_tables.LOOK_ALIKES`) is the part of Unicode's confusables (UTS #39, version 15.1.0)
in which single letters of Latin, Greek, Cyrillic, Armenian, Cherokee, Coptic, Georgian, Hebrew or Lisu
look like each other. Full-width and mathematical letters are reported in words that have ordinary ones.
A word all in one script is never reported, whatever it looks like.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.content import unicode_tables as tables
from services.content.characters import LETTERS, MARKS, code_points
from services.content.source import Source

# Letters with their marks; digits do not end a word.
_WORD = re.compile(f"[{LETTERS}{MARKS}0-9]+")
_SCRIPT = {chr(code): name for name, ranges in tables.LOOKING.items() for code in code_points(ranges)}
_FORMS = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb]")
_CLASSES = [[chr(int(code, 16)) for code in each.split("+")] for each in tables.LOOK_ALIKES.split()]
_CLASS = {char: members for members in _CLASSES for char in members}


@dataclass(frozen=True, slots=True)
class LookAlike:
    """One letter that looks like another: where it is, which it is, and which it resembles."""

    line: int
    column: int
    word: str
    character: str
    name: str
    resembles: str

    def __str__(self) -> str:
        """One line for the author."""
        return (
            f"line {self.line}, column {self.column}: '{self.character}' in '{self.word}' is {self.name}"
            f" and looks like '{self.resembles}'; type the word again on one keyboard"
        )


def look_alikes(text: str, most: int | None = None) -> list[LookAlike]:
    """All of a template, or the first ones, in their order; linear in the text."""
    return list(islice(_found(text), most))


def _found(text: str) -> Iterator[LookAlike]:
    source = Source(text)
    around = Counter(filter(None, map(_script, source.text)))
    for found in _WORD.finditer(source.text):
        if not found[0].isascii():
            for at, char, resembled in _in_word(found[0], around):
                yield LookAlike(*source.place(found.start() + at), found[0], char, _name(char), resembled)


def _name(char: str) -> str:
    return unicodedata.name(char, f"U+{ord(char):04X}")


def _script(char: str) -> str | None:
    return None if _FORMS.match(char) else _SCRIPT.get(char)


def _in_word(word: str, around: Counter[str]) -> Iterator[tuple[int, str, str]]:
    """(place, letter, the letter it resembles) of the strangers in a word."""
    scripts = list(map(_script, word))
    counted = Counter(script for script in scripts if script)
    if not counted:
        return
    # Of two scripts with as many letters the one that the text has more of.
    own = max(counted, key=lambda script: (counted[script], around[script]))
    for at, (char, script) in enumerate(zip(word, scripts, strict=True)):
        if script is None and _FORMS.match(char):
            yield at, char, unicodedata.normalize("NFKC", char)
        elif script and script != own:
            resembled = _resembled(char, own)
            if resembled:
                yield at, char, resembled


def _resembled(char: str, script: str) -> str:
    """The letter of that script which it looks like, of the same case where there is one; or nothing."""
    there = [other for other in _CLASS.get(char, ()) if _SCRIPT.get(other) == script]
    there.sort(key=lambda other: (other.isupper() != char.isupper(), other))
    return there[0] if there else ""
