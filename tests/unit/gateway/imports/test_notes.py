"""Notes about people in many languages: who wants to be left alone is left alone."""

from pathlib import Path

from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.notes import wants_none

_FILE = Path(__file__).with_name("lists") / "notes.tsv"
NOTES = [line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines()]
COLUMN = Wish(0, Meaning.MENTIONS)


def test_a_note_that_somebody_wants_to_be_left_alone_is_heard() -> None:
    notes = [note for said, note in NOTES if said == "no"]
    assert len(notes) > 250
    assert [note for note in notes if COLUMN.read(note) not in (Answer.NO, Answer.OPTED_OUT)] == []


def test_another_note_says_nothing() -> None:
    notes = [note for said, note in NOTES if said == "other"]
    assert len(notes) > 150
    assert [note for note in notes if wants_none(note)] == []
