"""How like a stop a reply is, by pieces of its words: what is asked when the rules hear nothing.

Rules hear what somebody has thought of. People write in more ways and languages than that, so each reply that
the rules take for no stop is weighed: every two to five letters in a row, and every word with its neighbours,
add the weight that `infra/likeness.py` learned for them from labelled replies. The sum over the root of their
number is the likeness, whole numbers until the last step, so that it is the same everywhere. It only ever
makes a reply one perhaps: a person decides. What the rules take for one perhaps is weighed, too, and is none
where it is very unlike a stop. docs/consent.md says what it was measured on. Linear, bounded.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, repeat
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
DENIED_THRESHOLD = 24.0
# Below it one perhaps of the rules is none (`how do I cancel my order`); in doubt it stays one.
ACQUITTED = -16.0
# Of a long reply the beginning and the end are weighed, as its words are read.
_FIRST, _LAST = 200, 100
_LONGEST_PIECE = 5
_MOST_WORDS = 3
_MOST_MARKED = 64
_LAST_BUCKET = BUCKETS - 1


def is_like_a_stop(found: Sequence[Clause], *, is_denied: bool) -> bool:
    """Whether a reply in which the rules hear no stop may be one."""
    return likeness(found) > (DENIED_THRESHOLD if is_denied else THRESHOLD)


def is_unlike_a_stop(found: Sequence[Clause]) -> bool:
    """Whether a reply in which the rules hear one perhaps is none."""
    return likeness(found) < ACQUITTED


def likeness(found: Sequence[Clause]) -> float:
    """Above zero for what is rather a stop, below for what is rather none."""
    each = buckets(found)
    return float(sum(map(weights().__getitem__, each)) / max(1, len(each)) ** 0.5)


def buckets(found: Sequence[Clause]) -> set[int]:
    """The buckets of the pieces of a reply."""
    return {hashed & _LAST_BUCKET for _, all_hashed in _pieces(found) for hashed in all_hashed}


def heaviest(found: Sequence[Clause], most: int = 8) -> list[tuple[str, int]]:
    """The pieces that say the most, for or against a stop, and their weights."""
    known = weights()
    each = {
        piece: known[hashed & _LAST_BUCKET]
        for pieces, all_hashed in _pieces(found)
        for piece, hashed in zip(pieces, all_hashed, strict=True)
    }
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


def _pieces(found: Sequence[Clause]) -> Iterator[tuple[Iterable[str], list[int]]]:
    """Pieces of each kind, made when they are asked for, and their hashes, made all at once: it costs less.

    A word with accents comes once more, for in Vietnamese they make another word.
    """
    shape = _shape(found)
    yield from _of_letters(shape)
    yield from _of_words(("^", *shape.split(), "$"))
    words = islice((word for clause in found for word in clause.words), _MOST_MARKED)
    marked = [word.marked for word in words if word.marked != word.plain]
    yield marked, list(map(crc32, _coded(marked), repeat(5)))


def _of_letters(shape: str) -> Iterator[tuple[Iterable[str], list[int]]]:
    letters = _coded(shape)
    hashed = list(map(crc32, letters))
    for more in range(1, _LONGEST_PIECE):
        hashed = list(map(crc32, letters[more:], hashed))
        yield map("".join, _neighbours(shape, more)), hashed


def _of_words(words: Sequence[str]) -> Iterator[tuple[Iterable[str], list[int]]]:
    coded = _coded(words)
    hashed = list(map(crc32, coded, repeat(1)))
    yield words, hashed
    for more in range(1, _MOST_WORDS):
        hashed = list(map(crc32, coded[more:], [each + 1 for each in hashed]))
        yield map(" ".join, _neighbours(words, more)), hashed
    around = list(map(crc32, coded[2:], map(crc32, coded, repeat(4))))
    yield map(" … ".join, zip(words, words[2:], strict=False)), around


def _coded(units: Iterable[str]) -> list[bytes]:
    return [unit.encode("utf-8", "surrogatepass") for unit in units]


def _neighbours(units: Sequence[str], more: int) -> Iterator[tuple[str, ...]]:
    return zip(*(units[at:] for at in range(more + 1)), strict=False)
