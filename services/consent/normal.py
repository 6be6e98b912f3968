"""The normal form of a reply: clauses of plain words. Pure, linear, and bounded.

A clause ends at a sign that ends a thought; a word is a run of letters and digits, or one character of a
script that writes no spaces (Chinese, Japanese, Korean, Thai). Emphasis, emoji, quotes and keycaps are no
more than spaces. Each word is known in two ways: `plain` without accents, and `marked` with them, because in
Vietnamese an accent makes another word. Letters one by one (`S T O P`, `s.t.o.p`) are one word.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from services.consent.lookalikes import SIGNS, STOP_SIGNS, uniform

# Of a long reply the beginning and the end are read: there people say what they want.
FIRST, LAST = 700, 300
_LONGEST_WORD = 48
# What is behind belongs to no known word; the words that are kept in memory stay short.
_LONGEST_PIECE = 96
_ENDS = frozenset("\n.,!?;:…—–()[]|/\u2022。，！？、；：،؛؟۔।॥¿¡「」")
_ASKS = frozenset("?？؟¿")
_JOINERS = frozenset("'’‘`´ʼ-‐‑")
# Marks that are part of a letter in one language and left out in haste in another: accents, points of Hebrew,
# vowels of Arabic, the dot of Hindi and Bengali.
_ACCENTS = (
    (0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x0670, 0x0670), (0x093C, 0x093C),
    (0x09BC, 0x09BC),
)  # fmt: skip
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)  # fmt: skip
_FEWEST_LETTERS = 3
# An oath of which letters are hidden says nothing: `f**king`. Marks of emphasis hide none: `**stop**`.
_MASKED = re.compile(r"(?<![a-z*])(?:fu|sh|[a-z])\*\*[*a-z]*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a reply; `joined` are its parts where an apostrophe or a hyphen joins several."""

    plain: str
    marked: str
    joined: tuple["Word", ...] = ()

    @property
    def is_unspaced(self) -> bool:
        """Whether it is one character of a script without spaces."""
        return is_unspaced(self.plain[0])


@dataclass(slots=True)
class Clause:
    """A thought, and whether it ends with a question mark."""

    words: list[Word] = field(default_factory=list)
    asks: bool = False


def excerpt(text: str, first: int = FIRST, last: int = LAST) -> str:
    """The beginning and the end of a long text, with a break between them."""
    return text if len(text) <= first + last else f"{text[:first]}\n{text[-last:]}"


def clauses(text: str) -> list[Clause]:
    """The clauses of a text that holds nothing unseen any more."""
    composed = _MASKED.sub(" ", unicodedata.normalize("NFKC", excerpt(text)).casefold())
    found = [Clause()]
    for piece in _pieces(uniform(excerpt(composed))):
        if piece[0] in _ENDS:
            if found[-1].words:
                found[-1].asks |= piece in _ASKS
                found.append(Clause())
            continue
        if piece in STOP_SIGNS:
            # A cry of several is one.
            if found[-1].words[-1:] != [Word(piece, piece)]:
                found[-1].words.append(Word(piece, piece))
        elif any(map(str.isalnum, piece)):
            found[-1].words.append(word(piece[:_LONGEST_PIECE]))
    return [clause for clause in _spelled(found) if clause.words]


@lru_cache(maxsize=2048)
def word(text: str) -> Word:
    """A word of the text as it was typed, folded already."""
    bare = text.strip("".join(_JOINERS))
    parts = tuple(_word(part) for part in _split(bare) if any(map(str.isalnum, part)))
    if len(parts) <= 1:
        return parts[0] if parts else _word(bare)
    whole = "".join(part.plain for part in parts)
    return Word(whole, "".join(part.marked for part in parts), parts)


@lru_cache(maxsize=4096)
def is_unspaced(character: str) -> bool:
    """Of a script that writes no spaces between words."""
    code = ord(character)
    return code >= _UNSPACED[0][0] and any(first <= code <= last for first, last in _UNSPACED)


def _word(text: str) -> Word:
    return Word(plain(text)[:_LONGEST_WORD], unicodedata.normalize("NFC", text)[:_LONGEST_WORD])


def plain(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    kept = "".join(each for each in unicodedata.normalize("NFKD", text) if not _is_accent(each))
    return uniform(unicodedata.normalize("NFC", kept))


def _is_accent(character: str) -> bool:
    code = ord(character)
    return code >= _ACCENTS[0][0] and any(first <= code <= last for first, last in _ACCENTS)


def _split(text: str) -> Iterator[str]:
    part = ""
    for character in text:
        if character in _JOINERS:
            if part:
                yield part
            part = ""
        else:
            part += character
    yield part


def _pieces(text: str) -> Iterator[str]:
    """Words and the signs that end a clause; everything else is a space."""
    begin = None
    for at, character in enumerate(text):
        unspaced = is_unspaced(character) and unicodedata.category(character)[0] in "LM"
        inside = not unspaced and _is_inside(character)
        if inside and begin is None and character not in _JOINERS:
            begin = at
        elif not inside and begin is not None:
            yield text[begin:at]
            begin = None
        if unspaced or character in _ENDS or character in STOP_SIGNS:
            yield character
        elif character == "-" and begin is None:
            yield "\n"
    if begin is not None:
        yield text[begin:]


def _is_inside(character: str) -> bool:
    if character.isalnum() or character in _JOINERS or character in SIGNS:
        return True
    # A mark that nothing carries (of an emoji, of a keycap) belongs to no word.
    return not character.isascii() and unicodedata.category(character) in ("Mn", "Mc")


def _spelled(found: list[Clause]) -> list[Clause]:
    """Three letters or more one by one are one word, whatever stands between them."""
    run: list[tuple[Clause, int]] = []
    runs = [run]
    for clause in found:
        for at, each in enumerate(clause.words):
            if len(each.marked) == 1 and each.plain.isalpha() and not each.is_unspaced:
                run.append((clause, at))
            elif run:
                run = []
                runs.append(run)
    for letters in runs:
        if len(letters) >= _FEWEST_LETTERS:
            first, at = letters[0]
            spelled = "".join(clause.words[place].marked for clause, place in letters)
            for clause, place in letters:
                clause.words[place] = Word("", "")
            first.words[at] = _word(spelled)
    for clause in found:
        clause.words = [each for each in clause.words if each.plain]
    return found
