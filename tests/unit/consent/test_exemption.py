"""A stop that is said of something else is none, and spares no other clause."""

import pytest

from services.consent.meaning import meaning, meaning_by_rules
from services.consent.subjects import packed, subjects
from services.consent.words import Meaning


@pytest.mark.parametrize(
    "exempt",
    [
        "I unsubscribed by mistake, put me back",
        "delete my second order",
        "how do I unsubscribe from Netflix?",
        "don't call, text me instead",
        "refund me or I report you",
        "don't send the courier now",
        "haha stop it",
        "stop 😂 too cute",
    ],
)
def test_who_also_says_stop_is_heard(exempt: str) -> None:
    assert meaning(exempt) is Meaning.REPLY
    assert meaning(f"{exempt}. Unsubscribe me.") in (Meaning.STOP, Meaning.PERHAPS)
    assert meaning(f"{exempt}. Stop sending me messages.") in (Meaning.STOP, Meaning.PERHAPS)


@pytest.mark.parametrize(
    "put_off",
    [
        "msitume leo, tumeni kesho",
        "ఈరోజు పంపకండి, రేపు పంపండి",
        "امروز نفرستید، فردا خونه‌ام",
        "ama kunan apamuychu, paqarin",
        "mi to steilete simera, avrio",
        "al tishlechu hayom, machar",
        "ivattu kalisbedi, naale kalsi",
    ],
)
def test_what_is_put_off_until_tomorrow_is_no_stop(put_off: str) -> None:
    assert meaning(put_off) is Meaning.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "mos më dërgoni sot, nesër, kurrë më mesazhe",
        "stop today, or I sue you tomorrow",
        "not today, not tomorrow, remove me",
        "msitume leo, msitume kesho, msitume tena",
    ],
)
def test_a_stop_for_every_day_is_heard(text: str) -> None:
    assert meaning(text) in (Meaning.STOP, Meaning.PERHAPS)


def test_a_denied_wish_to_be_put_back_is_none() -> None:
    of = subjects().of
    assert "again" in of(["put", "me", "back"], {"dont"})
    assert "again" not in of(["please", "dont", "put", "me", "back"], {"dont"})


def test_a_laughing_face_counts_in_a_reply_alone() -> None:
    assert meaning("stop 😂 too cute") is Meaning.REPLY
    assert meaning("stop 😂") is Meaning.STOP
    # Beside words that nobody knows a face says too little: the person is left alone, and somebody looks.
    assert meaning("Stop! This one 😍") is Meaning.PERHAPS
    assert meaning_by_rules("Stop! This one 😍") is Meaning.STOP


def test_the_words_are_kept_in_the_normal_form_of_replies() -> None:
    assert packed('laughter = "Haha*, ФИГА се"') == '["laughter",[["фига","се"]],["haha"]]\n'
