"""Replies that are never learned: what is learned from others must not make them worse.

They stand outside of `cases`, which is learned. docs/consent.md has the figures.
"""

from pathlib import Path

from services.consent.meaning import meaning
from services.consent.words import Meaning

HELD_OUT = Path(__file__).with_name("held_out.tsv")
# Who learns more raises the first, lowers the second, and mends the page.
HEARD, OF_STOPS = 388, 564
TAKEN, OF_OTHERS = 10, 507


def test_replies_that_were_never_learned_are_heard_as_well_as_before() -> None:
    lines = HELD_OUT.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if not line.startswith("#")]
    stops = [text for label, _, text in cells if label == "S"]
    others = [text for label, _, text in cells if label == "N"]
    assert (len(stops), len(others)) == (OF_STOPS, OF_OTHERS)
    heard = (Meaning.STOP, Meaning.PERHAPS)
    assert sum(meaning(text) in heard for text in stops) >= HEARD
    assert sum(meaning(text) in heard for text in others) <= TAKEN
