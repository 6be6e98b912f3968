"""Notes that no rule knows are weighed: what is like a refusal is perhaps one, and left alone."""

from pathlib import Path

import pytest

from gateway.imports.wishes import note_likeness
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.notes import wants_none
from gateway.leads.model import Consent
from infra import note_likeness as trainer
from infra.likeness import learned
from services.consent import likeness
from tests.unit.gateway.imports.reading import NOW, read

EVERYBODY = Consent("counter", "Yes, write to me", NOW)
COLUMN = Wish(0, Meaning.MENTIONS)
NOES = (Answer.NO, Answer.OPTED_OUT, Answer.PERHAPS_NO)

# None of them was learned: notes in telegram style, written when all lessons were; `held out`: ordinary ones
# by lot, of those that were written to teach.
_FILE = Path(__file__).with_name("lists") / "weighed_notes.tsv"
NOTES = [line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines()]


def notes(kind: str) -> list[str]:
    return [note for label, note in NOTES if label == kind]


def said(title: str, cells: list[str], **options: object) -> list[Answer]:
    """What each of the cells under a title says."""
    lines = [f'+601234500{n:02d},"{cell}"' for n, cell in enumerate(cells)]
    content = "\n".join([f'Phone,"{title}"', *lines, ""]).encode()
    batches = read(content, consent=EVERYBODY, **options)  # type: ignore[arg-type]
    return [row.said for batch in batches for row in batch.rows]


def test_a_refusal_in_words_that_nobody_has_listed_is_heard() -> None:
    assert [note for note in notes("refusal") if COLUMN.read(note) not in NOES] == []


def test_most_of_them_are_beyond_the_rules() -> None:
    """Else there would be nothing to weigh."""
    perhaps = [note for note in notes("refusal") if COLUMN.read(note) is Answer.PERHAPS_NO]
    assert len(perhaps) > 10
    assert not any(map(wants_none, perhaps))


def test_an_ordinary_note_says_nothing() -> None:
    assert [note for note in notes("ordinary") if COLUMN.read(note) is not Answer.NOTHING] == []


@pytest.mark.parametrize("note", notes("minds nothing"))
def test_who_minds_nothing_has_refused_nothing(note: str) -> None:
    assert COLUMN.read(note) is Answer.NOTHING


def test_few_ordinary_notes_are_perhaps_a_refusal() -> None:
    """Learning them would end the measure, so they are not learned."""
    held_out = notes("held out")
    known = {text for _, text in trainer.labelled()}
    assert not known & {note for _, note in NOTES}
    taken = [note for note in held_out if COLUMN.read(note) is Answer.PERHAPS_NO]
    assert len(held_out) > 100
    assert len(taken) <= 5


def test_such_people_get_no_message_unless_the_column_is_overruled() -> None:
    cells = ["texted the word STOP on Sunday", "likes the red ones"]
    assert said("Notes", ["off every list of ours pls", cells[1]]) == [Answer.PERHAPS_NO, Answer.NOTHING]
    [batch] = read(b"Phone,Notes\n+60123450001,off every list of ours pls\n", consent=EVERYBODY)
    [row] = batch.rows
    assert row.entry.draft.consent is None
    assert row.entry.refused_by == "import: Notes: perhaps, off every list of ours pls"
    assert said("Notes", cells, columns={"Notes": "ignore"}) == [Answer.NOTHING] * 2


def test_a_sentence_under_any_title_is_weighed_and_a_label_is_not() -> None:
    cells = ["she told us never to phone again, remove her number", "contact", "Kuala Lumpur Sentral"]
    assert said("Free", cells) == [Answer.PERHAPS_NO, Answer.NOTHING, Answer.NOTHING]


def test_a_clear_answer_counts_for_more() -> None:
    content = (
        b"Phone,WhatsApp consent,Notes\n+60123450001,no,off every list of ours pls\n+60123450002,yes,VIP\n"
    )
    [batch] = read(content, consent=EVERYBODY)
    assert [row.said for row in batch.rows] == [Answer.NO, Answer.YES]


@pytest.mark.parametrize(
    "cell", ["", "7", "ana@x.example", "0035e00001AAA1", "https://x.example/stop", "x" * 2000]
)
def test_what_is_no_note_is_not_weighed(cell: str) -> None:
    assert not note_likeness.is_like_a_refusal(cell)


def test_a_long_note_has_a_bounded_number_of_pieces() -> None:
    assert len(note_likeness.buckets("palabra extraña " * 4_000)) < 4 * 310 + 4 * 160 + 70


def test_the_bounds_grow_with_what_depends_on_them() -> None:
    each = (note_likeness.THRESHOLD, note_likeness.OTHER_THRESHOLD, note_likeness.LINE_THRESHOLD)
    assert list(each) == sorted(set(each))


def test_the_weights_are_learned_alike_each_time() -> None:
    told = [(True, "wants no more"), (False, "wants more"), (True, "vill inte ha"), (False, "vill ha")]
    lessons = trainer.lessons(told)
    weights = learned(lessons, note_likeness.BUCKETS)
    assert weights == learned(lessons, note_likeness.BUCKETS)
    for lesson in lessons:
        own = sum(weights[bucket] for bucket in lesson.buckets) / len(lesson.buckets) ** 0.5
        assert (own + lesson.known > 0) is lesson.is_sought


def test_the_weights_are_of_the_labelled_notes_as_they_are() -> None:
    written = note_likeness.WEIGHTS.read_bytes()
    assert written[: likeness.DIGEST_BYTES] == trainer.digest(list(trainer.labelled()))
    assert len(written) == likeness.DIGEST_BYTES + note_likeness.BUCKETS
