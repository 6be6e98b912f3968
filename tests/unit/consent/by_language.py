"""Prints, for each language of the held-out replies, how many stops are heard and how many others are taken.

`python -m tests.unit.consent.by_language [FILE]`, of lines as in `held_out.tsv`.
"""

import sys
from collections import Counter
from pathlib import Path

from services.consent.meaning import meaning
from services.consent.words import Meaning

HELD_OUT = Path(__file__).with_name("held_out.tsv")


def main() -> None:
    """One line a language, and one for all."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else HELD_OUT
    counts: Counter[tuple[str, str, bool]] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            label, language, text = line.split("\t")
            heard = meaning(text) in (Meaning.STOP, Meaning.PERHAPS)
            counts.update([(language, label, heard), ("all", label, heard)])
    for language in sorted({language for language, _, _ in counts}):
        stopped, missed, taken, left = (
            counts[language, label, is_heard] for label in "SN" for is_heard in (True, False)
        )
        line = f"{language:14}heard {stopped}/{stopped + missed}, taken {taken}/{taken + left}"
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
