"""What the rules do not know is weighed, and is one perhaps at most."""

import pytest

from infra import likeness as trainer
from services.consent import likeness
from services.consent.meaning import meaning, meaning_by_rules
from services.consent.normal import clauses
from services.consent.promise import Readings, unheard
from services.consent.words import Meaning


@pytest.mark.parametrize(
    "text",
    [
        "sluta skicka meddelanden till mig",
        "älkää lähettäkö enää viestejä minulle",
        "ne küldjenek több üzenetet",
        "vinsamlegast hættið að senda mér skilaboð",
        "កុំផ្ញើសារមកខ្ញុំទៀត",
        "መልእክት አትላኩልኝ",
    ],
)
def test_a_stop_in_a_language_without_rules_is_one_perhaps(text: str) -> None:
    assert meaning_by_rules(text) is Meaning.REPLY
    assert meaning(text) is Meaning.PERHAPS


@pytest.mark.parametrize("text", ["hur mycket kostar det?", "תודה", "Paljonko tämä maksaa?", "", "🎉", "7"])
def test_what_is_like_no_stop_stays_a_reply(text: str) -> None:
    assert meaning(text) is Meaning.REPLY


def test_what_the_rules_deny_must_be_very_like_a_stop() -> None:
    found = clauses("please do not take me off the list of messages")
    assert meaning("please do not take me off the list of messages") is Meaning.REPLY
    assert likeness.DENIED_THRESHOLD > likeness.THRESHOLD
    assert likeness.is_like_a_stop(found, is_denied=False) >= likeness.is_like_a_stop(found, is_denied=True)


@pytest.mark.parametrize(
    "text", ["كيف ألغي الطلب", "איך מבטלים הזמנה", "siparişi nasıl iptal ederim", "come disdico il contratto"]
)
def test_one_perhaps_of_the_rules_is_none_where_it_is_very_unlike_a_stop(text: str) -> None:
    assert meaning_by_rules(text) is Meaning.PERHAPS
    assert likeness.likeness(clauses(text)) < likeness.ACQUITTED
    assert meaning(text) is Meaning.REPLY


def test_a_stop_of_the_rules_stays_one_whatever_it_is_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "ACQUITTED", 1_000.0)
    assert meaning("stop") is Meaning.STOP


def test_a_promised_word_must_be_known_to_the_rules() -> None:
    assert meaning("atrakstīties") is Meaning.PERHAPS
    assert list(unheard('Reply "ATRAKSTĪTIES" to opt out', Readings(), is_footer=True)) == ["ATRAKSTĪTIES"]


def test_the_heaviest_pieces_say_why() -> None:
    pieces = dict(likeness.heaviest(clauses("sluta skicka meddelanden")))
    assert any(piece in "sluta skicka meddelanden" and weight > 0 for piece, weight in pieces.items())


def test_a_long_reply_has_a_bounded_number_of_pieces() -> None:
    assert len(likeness.buckets(clauses("palabra extraña " * 4_000))) < 4 * 310 + 4 * 160 + 70


def test_the_weights_are_learned_alike_each_time() -> None:
    replies = [(True, "no more mail"), (False, "more mail please"), (True, "sluta nu"), (False, "tack nu")]
    lessons = trainer.lessons(replies)
    weights = trainer.learned(lessons, likeness.BUCKETS)
    assert weights == trainer.learned(lessons, likeness.BUCKETS)
    assert all(
        (sum(weights[bucket] for bucket in trainer.buckets(text)) > 0) is is_stop for is_stop, text in replies
    )


def test_the_weights_are_of_the_labelled_replies_as_they_are() -> None:
    written = likeness.WEIGHTS.read_bytes()
    assert written[: likeness.DIGEST_BYTES] == trainer.digest(list(trainer.labelled()))
    assert len(written) == likeness.DIGEST_BYTES + likeness.BUCKETS
