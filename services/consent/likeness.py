"""How like a stop a reply is, by pieces of its words: what is asked when the rules hear nothing.

Rules hear what somebody has thought of. People write in more ways and languages than that, so each reply that
the rules take for no stop is weighed: every two to five letters in a row, and every word with its neighbours,
add the weight that `infra/likeness.py` learned for them from labelled replies. The sum over the root of their
number is the likeness, whole numbers until the last step, so that it is the same everywhere. It only ever
makes a reply one perhaps: a person decides. docs/consent.md says what it was measured on. Linear, bounded.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from zlib import crc32

from services.consent.normal import Clause

WEIGHTS = Path(__file__).with_name("likeness.bin")
"""The digest of the replies that it was learned from, and a weight of one byte for each bucket."""
DIGEST_BYTES = 32
BUCKETS = 1 << 19
# The likeness of a perhaps. Lower hears more stops and takes more for one: docs/consent.md has the figures.
THRESHOLD = 10.0
# Of a lone word, of one whose words the rules all know, and where they hear that none is meant.
DENIED_THRESHOLD = 20.0
# Of a long reply the beginning and the end are weighed, as its words are read.
_FIRST, _LAST = 200, 100
_LONGEST_PIECE = 5
_MOST_WORDS = 3
_MOST_MARKED = 64
_LAST_BUCKET = BUCKETS - 1


def is_like_a_stop(found: Sequence[Clause], *, is_denied: bool) -> bool:
    """Whether a reply in which the rules hear no stop may be one."""
    return likeness(found) > (DENIED_THRESHOLD if is_denied else THRESHOLD)


def likeness(found: Sequence[Clause]) -> float:
    """Above zero for what is rather a stop, below for what is rather none."""
    each = buckets(found)
    known = weights()
    return float(sum([known[bucket] for bucket in each]) / max(1, len(each)) ** 0.5)


def buckets(found: Sequence[Clause]) -> set[int]:
    """The buckets of the pieces of a reply."""
    return {hashed & _LAST_BUCKET for _, hashed in _pieces(found)}


def heaviest(found: Sequence[Clause], most: int = 8) -> list[tuple[str, int]]:
    """The pieces that say the most, for or against a stop, and their weights."""
    known = weights()
    each = {piece: known[hashed & _LAST_BUCKET] for piece, hashed in _pieces(found)}
    return sorted(each.items(), key=lambda pair: (-abs(pair[1]), pair[0]))[:most]


@cache
def weights() -> memoryview:
    """The weights by bucket, read once."""
    return memoryview(WEIGHTS.read_bytes())[DIGEST_BYTES:].cast("b")


def _shape(found: Sequence[Clause]) -> str:
    """Words parted by spaces, clauses by a sign; without accents, for people leave them out."""
    pieces = []
    for clause in found:
        glued = False
        for word in clause.words:
            pieces.append(word.plain if glued and word.is_unspaced else f" {word.plain}")
            glued = word.is_unspaced
        pieces.append(" ?" if clause.asks else " .")
    shape = "".join(pieces) + " "
    return shape if len(shape) <= _FIRST + _LAST else f"{shape[:_FIRST]}\n{shape[-_LAST:]}"


def _pieces(found: Sequence[Clause]) -> Iterator[tuple[str, int]]:
    """Each piece and its hash; a word with accents once more, for in Vietnamese they make another word."""
    shape = _shape(found)
    yield from _of_letters(shape)
    yield from _of_words(("^", *shape.split(), "$"))
    for word in islice((word for clause in found for word in clause.words), _MOST_MARKED):
        if word.marked != word.plain:
            yield word.marked, crc32(word.marked.encode("utf-8", "surrogatepass"), 5)


def _of_letters(shape: str) -> Iterator[tuple[str, int]]:
    letters = [letter.encode("utf-8", "surrogatepass") for letter in shape]
    for at, letter in enumerate(letters):
        hashed = crc32(letter)
        for end, following in enumerate(letters[at + 1 : at + _LONGEST_PIECE], start=at + 2):
            hashed = crc32(following, hashed)
            yield shape[at:end], hashed


def _of_words(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    coded = [word.encode("utf-8", "surrogatepass") for word in words]
    for at, word in enumerate(coded):
        hashed = crc32(word, 1)
        yield words[at], hashed
        for end, following in enumerate(coded[at + 1 : at + _MOST_WORDS], start=at + 2):
            hashed = crc32(following, hashed + 1)
            yield " ".join(words[at:end]), hashed
        if at + 2 < len(words):
            yield f"{words[at]} … {words[at + 2]}", crc32(coded[at + 2], crc32(word, 4))
