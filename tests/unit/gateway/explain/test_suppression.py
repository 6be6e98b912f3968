"""Who suppressed a person is told by what the row says of its source, never by how the reason begins."""

from datetime import UTC, datetime

import pytest

from gateway.explain.guard import why_suppressed
from gateway.explain.store import Suppressed

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "important client, asked by phone",
            "an operator suppressed them (important client, asked by phone)",
        ),
        ("import", "an operator suppressed them (import)"),
        ("import: DND: yes", "an operator suppressed them (import: DND: yes)"),
        ("imports/3", "an operator suppressed them (imports/3)"),
        ("", "an operator suppressed them"),
        ("stop_word", "they wrote a stop word"),
    ],
)
def test_an_operators_words_are_an_operators_however_they_begin(reason: str, told: str) -> None:
    assert (
        why_suppressed(Suppressed(5, AT, reason, by_list=False, suppressing_import=None, doubted_at=None))
        == told
    )


@pytest.mark.parametrize(
    ("reason", "import_id", "told"),
    [
        ("import: DND: yes", 3, "the list of imports/3 said so (DND: yes)"),
        ("import: DND: yes", None, "a list said so (DND: yes)"),
        ("import", 3, "they stand on the list of imports/3"),
        ("import", None, "they stand on a list"),
        ("important: registry of May", 3, "the list of imports/3 said so (important: registry of May)"),
        ("complaints of May", None, "a list said so (complaints of May)"),
    ],
)
def test_a_list_is_a_list_whatever_its_owner_gave_as_the_reason(
    reason: str, import_id: int | None, told: str
) -> None:
    facts = Suppressed(5, AT, reason, by_list=True, suppressing_import=import_id, doubted_at=None)
    assert why_suppressed(facts) == told
