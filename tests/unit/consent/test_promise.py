"""A text that promises a word: would it be heard?"""

import pytest

from services.consent.promise import Readings, TooManyPromises, unheard


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Reply NOPE to opt out", "NOPE"),
        ("To opt out reply FOO", "FOO"),
        ('Text "foo" to unsubscribe', "foo"),
        ("balas XYZ untuk berhenti", "XYZ"),
        ("Antworten Sie mit XAUS um sich abzumelden", "XAUS"),
    ],
)
def test_a_word_that_would_stop_nobody(text: str, word: str) -> None:
    assert list(unheard(text, Readings(), is_footer=True)) == [word]
    assert list(unheard(text, Readings((word.lower(),)), is_footer=True)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Reply STOP to stop",
        "balas BAJA",
        "Antworte ENDE",
        "Répondez STOP",
        "回复TD退订",
        "Balas BERHENTI untuk berhenti",
    ],
)
def test_a_word_that_is_heard(text: str) -> None:
    assert list(unheard(text, Readings(), is_footer=True)) == []


@pytest.mark.parametrize("text", ["Reply YES to order", "Send GO to order now", "Reply FOO to win. Stop by!"])
def test_a_word_for_something_else_in_a_text(text: str) -> None:
    assert list(unheard(text, Readings(), is_footer=False)) == []


def test_what_was_read_of_one_text_costs_the_others_of_its_request_nothing() -> None:
    text = "Reply NOPE to leave this list of ours"
    readings = Readings(most=1 + 2 * 6)
    for _ in range(3):
        assert list(unheard(text, readings, is_footer=False)) == ["NOPE"]


def test_no_more_phrases_are_read_than_may_be() -> None:
    readings = Readings(most=100)
    text = ". ".join(f"Reply W{at}X to win prize {at} of ours" for at in range(30))
    with pytest.raises(TooManyPromises):
        list(unheard(text, readings, is_footer=False))
