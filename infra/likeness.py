"""Learns the weights of `services/consent/likeness.py` from labelled replies; `--check` proves them current.

The replies are the labelled sets of the tests and `infra/replies.tsv`, written to teach. What is learned is a
linear support vector machine with squared loss, by coordinate descent on its dual (Hsieh and others, ICML
2008), in plain Python: no library, and the same bytes on every machine, in less than a minute.
"""

import argparse
import hashlib
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from services.consent import likeness
from services.consent.normal import clauses
from services.consent.words import ends, visible

ROOT = Path(__file__).resolve().parent.parent
SETS = (ROOT / "infra" / "replies.tsv", ROOT / "tests" / "unit" / "consent" / "cases")
# A label of a test is the first cell, the text the last one.
_STOP = "S"
_ESCAPED = {"\\n": "\n", "\\xad": "\xad", "\\u200b": "\u200b"}
_COST = 3.0
_ROUNDS = 20
# A weight of one is this many units of a byte.
UNITS = 32
_MOST = 127


def labelled(paths: Sequence[Path] = SETS) -> Iterator[tuple[bool, str]]:
    """Whether it is a stop, and the text, of each labelled reply."""
    for path in paths:
        for file in sorted(path.glob("*.tsv")) if path.is_dir() else [path]:
            for line in file.read_text(encoding="utf-8").split("\n"):
                if line and not line.startswith("#"):
                    label, *_, text = line.split("\t")
                    for escaped, character in _ESCAPED.items():
                        text = text.replace(escaped, character)
                    yield label == _STOP, text


def buckets(text: str) -> list[int]:
    """As the product finds them."""
    return sorted(likeness.buckets(clauses(visible(ends(text)))))


class Lesson(NamedTuple):
    """The buckets of a text, whether it is what is sought, and how like that it is already known to be."""

    is_sought: bool
    buckets: Sequence[int]
    known: float = 0.0


def learned(lessons: Sequence[Lesson], count: int) -> list[float]:
    """The weight of each of `count` buckets."""
    weights = [0.0] * count
    duals = [0.0] * len(lessons)
    order = list(range(len(lessons)))
    # A row has the length one, so its own product is one.
    curvature = 1.0 + 0.5 / _COST
    for round_ in range(_ROUNDS):
        random.Random(round_).shuffle(order)
        for at in order:
            is_sought, row, known = lessons[at]
            label = 1.0 if is_sought else -1.0
            length = max(1, len(row)) ** 0.5
            margin = label * (sum([weights[bucket] for bucket in row]) / length + known)
            slope = margin - 1.0 + duals[at] * 0.5 / _COST
            dual = max(0.0, duals[at] - slope / curvature)
            if step := (dual - duals[at]) * label / length:
                duals[at] = dual
                for bucket in row:
                    weights[bucket] += step
    return weights


def lessons(replies: Iterable[tuple[bool, str]]) -> list[Lesson]:
    """What is learned from."""
    return [Lesson(is_stop, buckets(text)) for is_stop, text in replies]


def packed(weights: Sequence[float]) -> bytes:
    """One byte for each weight."""
    return bytes(max(-_MOST, min(_MOST, round(weight * UNITS))) & 0xFF for weight in weights)


def digest(replies: Sequence[tuple[bool, str]]) -> bytes:
    """Of what is learned from."""
    return hashlib.sha256(repr(list(replies)).encode("utf-8", "surrogatepass")).digest()


def main() -> None:
    """Writes the weights, or says that they are of other replies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare what was learned from")
    replies = list(labelled())
    known = digest(replies)
    if not parser.parse_args().check:
        likeness.WEIGHTS.write_bytes(known + packed(learned(lessons(replies), likeness.BUCKETS)))
    elif likeness.WEIGHTS.read_bytes()[: likeness.DIGEST_BYTES] != known:
        sys.exit("the labelled replies have changed: run `make learn`")


if __name__ == "__main__":
    main()
