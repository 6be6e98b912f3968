"""Letters of another script in a word are told with their place."""

import pytest

from services.content.lookalikes import look_alikes


def test_place_letter_and_what_it_resembles():
    (found,) = look_alikes("Hi {name}\n\u200bbuy pаypal now")
    assert (found.line, found.column) == (2, 7)
    assert (found.character, found.name, found.resembles) == ("а", "CYRILLIC SMALL LETTER A", "a")
    assert found.word == "pаypal"
    assert "line 2, column 7" in str(found)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("Ηello", [("Η", "H")]),  # Greek eta
        ("привeт", [("e", "е")]),  # a Latin e among Cyrillic
        ("ѕсоре", []),  # all Cyrillic
        ("ＡBC", [("Ａ", "A")]),
        ("ＡＢＣ", []),
        ("𝐇ello", [("𝐇", "H")]),
        ("ՕRDER", [("Օ", "O")]),  # Armenian
        ("ᎪBC", [("Ꭺ", "A")]),  # Cherokee
        ("ІІI", [("I", "І")]),
        ("ΔT", []),  # mixed, but delta looks like no Latin letter
        ("你好ABC", []),
        ("வணக்கம்", []),
        ("Ahmad", []),
        ("café", []),
        ("{Hi|Ηi}", [("Η", "H")]),
    ],
)
def test_words(word, found):
    assert [(each.character, each.resembles) for each in look_alikes(f"x {word} y")] == found
