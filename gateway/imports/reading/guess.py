"""Which encoding a file is in that says nothing of it, and whether that is certain.

Every candidate that gives words with the letters of some language is a *reading*; candidates that give the
same words are one. One reading is certain. Of several, one is taken only where it beats each other one on
the words in which the two differ: the other one gives words that no language has; or the titles of the
columns and the countries of the numbers are of a language whose letters only one of them gives; or a detector
(chardet, by the pairs of letters of each language) finds one far likelier. Else the caller is asked, and
nothing is imported.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.imports.reading import alphabets, origin
from gateway.imports.reading.candidates import CANDIDATES, Candidate, codec

_LINE = re.compile(rb"[^\r\n]+")
# No byte of these is part of a longer character in any candidate.
_WORD = re.compile(rb"[^\x00-\x2f:;<=>?]+")
_CEDILLAS = str.maketrans("ŞşŢţ", "ȘșȚț")
# A cell, by signs that are in no longer character.
_CELL = re.compile(rb'[^,;\t"]+')
# Of the lines with bytes beyond ASCII: the first ones, and those with a byte that was seldom met.
_FIRST = 40
_TIMES = 3
_MOST_BYTES = 12 * 1024
_LONGEST_LINE = 1000
# One word in ten may be anything, such as a drawing in a note.
_MISFITS = 10
# How much likelier a reading must be: by itself, and where something else speaks for it.
# The first by the number of words in which it differs: the detector cannot judge by one.
_ENOUGH = 3
_FAR = {2: 2.0, _ENOUGH: 1.6}
_NEAR = 0.5
_MOST = 0.7
# What is shown of a file: so many cells, so long.
SAMPLES = 3
_LONGEST_CELL = 40


@dataclass
class Reading:
    """The same words by one or several candidates, each with the languages that it may be of."""

    words: Sequence[str]
    languages: Sequence[frozenset[str]]
    candidates: list[Candidate] = field(default_factory=list)
    likelihood: float = 0.0
    # Of the file, if it reads so; and how many titles beyond ASCII are known in it.
    spoken: frozenset[str] = frozenset()
    titles: int = 0

    @property
    def misfits(self) -> int:
        """How many words no language has."""
        return sum(not each for each in self.languages)

    @property
    def is_east_asian(self) -> bool:
        """Chinese, Japanese or Korean."""
        return self.candidates[0].rare is not None


@dataclass(frozen=True)
class Guess:
    """The readings, the best first; `is_certain` when the first one is to be taken without asking.

    `lines`: some of the file that tell them apart.
    """

    readings: Sequence[Reading]
    is_certain: bool
    lines: Sequence[bytes]

    def told(self, reading: Reading) -> str:
        """A reading for the caller to judge: its name, and cells that read otherwise by another."""
        cells = [self._cells(each) for each in self.readings]
        own = cells[self.readings.index(reading)]
        telling = [
            cell for at, cell in enumerate(own) if len({each[at] for each in cells if at < len(each)}) > 1
        ]
        shown = list(dict.fromkeys(cell.strip()[:_LONGEST_CELL] for cell in telling))[:SAMPLES]
        return f"{reading.candidates[0].name} reads {', '.join(shown)}"

    def _cells(self, reading: Reading) -> list[str]:
        codec_name = reading.candidates[0].codec
        return [cell.decode(codec_name, "replace") for line in self.lines for cell in _CELL.findall(line)]


def samples(content: bytes, encoding: str) -> list[str]:
    """Three cells of a file as an encoding reads them, of those beyond ASCII: there letters can go wrong."""
    text = "\n".join(line.decode(encoding, "replace") for line in _telling(content))
    cells = (cell.strip() for cell in re.split(r'[,;\t|"\n]', text))
    return list(dict.fromkeys(cell[:_LONGEST_CELL] for cell in cells if not cell.isascii()))[:SAMPLES]


def guess(head: bytes, country: str = "") -> Guess:
    """For a file that begins so and is not UTF-8. Bounded work, whatever the length."""
    lines = _telling(head)
    content = b"\n".join(lines)
    readings = _readings(content)
    if len(readings) < 2:  # noqa: PLR2004 - nothing to choose
        return Guess(readings, bool(readings), lines)
    _weigh(readings, content, head[:_MOST_BYTES], country)
    ranked = sorted(readings, key=lambda each: -each.likelihood)
    chosen = [each for each in ranked if all(_beats(each, other) for other in ranked if other is not each)]
    return Guess(chosen or ranked, bool(chosen), lines)


def _telling(head: bytes) -> list[bytes]:
    seen: dict[int, int] = {}
    lines: list[bytes] = []
    left = _MOST_BYTES
    if len(head) > _MOST_BYTES:
        # The last line may be cut, in the middle of a character.
        head = head[: head.rfind(b"\n") + 1] or head
    for found in _LINE.finditer(head):
        line = found[0]
        codes = {code for code in line if code > 0x7F} if not line.isascii() else ()  # noqa: PLR2004 - ASCII
        if not codes or (len(lines) >= _FIRST and all(seen.get(code, 0) >= _TIMES for code in codes)):
            continue
        for code in codes:
            seen[code] = seen.get(code, 0) + 1
        line = line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE].rpartition(b",")[0]
        left -= len(line)
        if left < 0:
            break
        lines.append(line)
    return lines


def _readings(content: bytes) -> list[Reading]:
    chunks = [word for word in dict.fromkeys(_WORD.findall(content)) if not word.isascii()]
    by_words: dict[tuple[str, ...], Reading] = {}
    for candidate in CANDIDATES:
        decoded = [text for chunk in chunks if (text := candidate.decoded(chunk)) is not None]
        words = tuple(decoded)
        if len(words) < len(chunks):
            continue
        languages = [_languages(word, candidate) for word in words]
        if _MISFITS * languages.count(frozenset()) > len(words):
            continue
        reading = by_words.setdefault(_same(words), Reading(words, languages))
        # Its letters may be those of languages that are written in another of its candidates.
        reading.languages = [one | another for one, another in zip(reading.languages, languages, strict=True)]
        reading.candidates.append(candidate)
    return list(by_words.values())


def _same(words: Sequence[str]) -> tuple[str, ...]:
    """Romanian has its cedillas with a comma in newer encodings: the letters are the same."""
    return tuple(word.translate(_CEDILLAS) for word in words)


def _languages(chunk: str, candidate: Candidate) -> frozenset[str]:
    words = alphabets.words(chunk)
    if candidate.rare is not None:
        [language] = candidate.languages
        fits = all(alphabets.is_east_asian(word, language, candidate.rare) for word in words)
        return candidate.languages if fits else frozenset()
    found = [each for word in words if (each := alphabets.languages_of_word(word)) != alphabets.ANY]
    if not found:
        return alphabets.ANY
    common = found[0].intersection(*found[1:])
    return common & candidate.languages if candidate.languages else common


def _weigh(readings: Sequence[Reading], content: bytes, head: bytes, country: str) -> None:
    import chardet  # noqa: PLC0415 - for few files

    reading_of = {each.codec: reading for reading in readings for each in reading.candidates}
    for found in chardet.detect_all(content, ignore_threshold=True, compat_names=False):
        reading = reading_of.get(codec(found["encoding"] or ""))
        if reading is not None:
            reading.likelihood = max(reading.likelihood, found["confidence"])
    numbers = head.decode("ascii", "replace")
    for each in readings:
        known = origin.titled(head.decode(each.candidates[0].codec, "replace"))
        each.titles = sum(not title.isascii() for title in known)
        each.spoken = origin.languages(known, numbers, country)


def _beats(one: Reading, other: Reading) -> bool:
    """Whether the words in which two readings differ can only be those of the first."""
    differing = [
        (mine, others)
        for word, another, mine, others in zip(
            one.words, other.words, one.languages, other.languages, strict=True
        )
        if word != another
    ]
    spoken = one.spoken | other.spoken
    mine = sum(bool(each & spoken) for each, _ in differing) / len(differing)
    others = sum(bool(each & spoken) for _, each in differing) / len(differing)
    if one.titles != other.titles:
        return one.titles > other.titles
    # Of two that are Chinese, Japanese or Korean the detector knows little.
    is_alike = one.is_east_asian and other.is_east_asian
    is_near = is_alike or one.likelihood >= other.likelihood * _NEAR
    if mine >= _MOST and others <= 1 - _MOST:
        return is_near
    if others > mine:
        return False
    if one.misfits < other.misfits:
        return is_near
    if one.misfits > other.misfits or is_alike or (other.is_east_asian and not other.likelihood):
        return False
    return one.likelihood >= other.likelihood * _FAR.get(len(differing), _FAR[_ENOUGH]) and len(differing) > 1
