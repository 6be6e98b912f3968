"""Notes about people in many languages: who wants to be left alone is left alone."""

from pathlib import Path

import pytest

from gateway.imports.wishes.notes import wants_none

_FILE = Path(__file__).with_name("lists") / "notes.tsv"
NOTES = [line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("said", ["no", "other"])
def test_a_note_says_what_it_says(said: str) -> None:
    notes = [note for label, note in NOTES if label == said]
    assert len(notes) > 40
    assert [note for note in notes if wants_none(note) is not (said == "no")] == []
