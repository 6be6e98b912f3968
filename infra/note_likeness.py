"""Learns the weights of `gateway/imports/wishes/note_likeness.py` from labelled notes; `--check` compares.

The notes are `infra/notes.tsv`, written to teach, and those of the tests of lists. What the weights of
replies (`infra/likeness.py`, which comes first) say of a note is known already: what is learned is the rest,
in the same way, in some seconds.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.imports.wishes import note_likeness
from infra.likeness import UNITS, Lesson, learned, packed
from services.consent import likeness

ROOT = Path(__file__).resolve().parent.parent
SETS = (
    ROOT / "infra" / "notes.tsv",
    ROOT / "tests" / "unit" / "gateway" / "imports" / "lists" / "notes.tsv",
)
# A label is the first cell, the text the last one.
_REFUSAL = "no"


def labelled(paths: Sequence[Path] = SETS) -> Iterator[tuple[bool, str]]:
    """Whether it is a refusal, and the text, of each labelled note."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line and not line.startswith("#"):
                label, *_, text = line.split("\t")
                yield label == _REFUSAL, text


def lessons(notes: Sequence[tuple[bool, str]]) -> list[Lesson]:
    """What is learned from."""
    return [
        Lesson(
            is_refusal, sorted(note_likeness.buckets(text)), note_likeness.likeness_of_replies(text) / UNITS
        )
        for is_refusal, text in notes
    ]


def digest(notes: Sequence[tuple[bool, str]]) -> bytes:
    """Of what is learned from, and of what was learned before it."""
    known = likeness.WEIGHTS.read_bytes()[: likeness.DIGEST_BYTES]
    return hashlib.sha256(known + repr(list(notes)).encode("utf-8", "surrogatepass")).digest()


def main() -> None:
    """Writes the weights, or says that they are of other notes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare what was learned from")
    notes = list(labelled())
    known = digest(notes)
    if not parser.parse_args().check:
        weights = packed(learned(lessons(notes), note_likeness.BUCKETS))
        note_likeness.WEIGHTS.write_bytes(known + weights)
    elif note_likeness.WEIGHTS.read_bytes()[: likeness.DIGEST_BYTES] != known:
        sys.exit("the labelled notes, or the weights of replies, have changed: run `make learn`")


if __name__ == "__main__":
    main()
