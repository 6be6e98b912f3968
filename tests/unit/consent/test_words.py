"""Stop words and the way back, in any dress."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.lookalikes import enclosed
from services.consent.meaning import clash, meaning
from services.consent.words import LONGEST, Meaning, folded


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", "Stop.", "*STOP*", "**STOP**", "stop***", " stop!! ", "ＳＴＯＰ", "stop 🛑",
        "STOP ❤\ufe0f", "\u200bSTOP\u200b", "“stop”",
        "UNSUBSCRIBE", "Berhenti", "HENTI", "batal", "opt-out", "Stop   all", "stop\n",
        "退订", "停止。", "TD", "நிறுத்து", "வேண்டாம்.", "إلغاء الاشتراك", "توقف", "Batalkan",
    ],
)  # fmt: skip
def test_a_stop_word_in_any_dress(text: str) -> None:
    assert meaning(text) is Meaning.STOP


@pytest.mark.parametrize("text", ["START", "mula", "Mula!", "unstop", "开始", "ابدأ", "தொடங்கு"])
def test_the_way_back(text: str) -> None:
    assert meaning(text) is Meaning.START


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🎉",
        "please do not stop",
        "when does the bus stop?",
        "Stopover",
        "x" * 10_000,
        "ok",
        "berhenti mana?",
    ],
)
def test_other_replies_are_no_more_than_replies(text: str) -> None:
    assert meaning(text) is Meaning.REPLY


@given(st.text(max_size=80))
def test_folding_is_final_and_bounded(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert len(once) <= LONGEST


@given(
    st.sampled_from(["stop", "henti", "退订", "வேண்டாம்", "إلغاء"]),
    st.text(st.characters(categories=["P", "Z", "S"]), max_size=5),
)
def test_what_stands_around_a_word_does_not_matter(word: str, around: str) -> None:
    # Some signs are letters in a compatible form (№, ℡, 🅰): those would be part of the word.
    if all(unicodedata.category(c)[0] in "PZSC" for c in enclosed(unicodedata.normalize("NFKC", around))):
        assert meaning(around + word + around) is Meaning.STOP


def test_an_account_cannot_make_a_word_mean_both() -> None:
    assert clash(["tidak"], ["ya"]) is None
    assert clash(["ya"], ["ya"]) == "ya"
    assert clash(["start"], []) == "start"
    assert clash([], ["stop"]) == "stop"
