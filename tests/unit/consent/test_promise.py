"""A text that promises a word: would it be heard?"""

import pytest

from services.consent.promise import unheard


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
    assert list(unheard(text, (), is_footer=True)) == [word]
    assert list(unheard(text, (word.lower(),), is_footer=True)) == []


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
    assert list(unheard(text, (), is_footer=True)) == []


@pytest.mark.parametrize("text", ["Reply YES to order", "Send GO to order now", "Reply FOO to win. Stop by!"])
def test_a_word_for_something_else_in_a_text(text: str) -> None:
    assert list(unheard(text, (), is_footer=False)) == []
