"""What nobody sees goes, what a script or an emoji needs stays."""

import pytest

from services.content.hygiene import clean, clean_line
from tests.support.linear import assert_linear


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("pay\u200bpal\u2060\ufeff\u00ad", "paypal"),
        ("\u202eevil\u202c \u2066x\u2069 \u200ea\u200f\u061c", "evil x a"),
        ("a\r\nb\rc\x0bd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("a\tb\x00c\x1b\x7f", "a bc"),
        ("a\ud800b\ufffec\U0010ffff", "abc"),
        ("a\u200db \u200c", "ab "),
        ("\u3164\u115f\u2800x", "x"),
        ("a\ufe0f 1\ufe0f", "a 1"),
        ("\U000e0041\U000e0042hello", "hello"),
    ],
)
def test_removed(dirty, expected):
    assert clean(dirty) == expected


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👩🏽‍🚀 1️⃣ #️⃣ ☎︎",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
        "🇲🇾",
        "می‌خواهم",  # Persian: a non-joiner between letters
        "க்‌ஷ ஸ்ரீ",  # Tamil: after the virama
        "ක්‍රම ന്‍",  # Sinhala, old Malayalam chillu
        "葛\U000e0100城市",
        "ᠠ᠋",
        "Selamat pagi\n你好 வணக்கம் مرحبا",
    ],
)
def test_kept(text):
    assert clean(text) == text


def test_of_two_joiners_one_stays():
    assert clean("👩\u200d\u200d🚀") == "👩\u200d🚀"
    assert clean("می\u200c\u200cخ") == "می\u200cخ"
    assert clean("❤\ufe0f\ufe0f") == "❤\ufe0f"


def test_one_line():
    assert clean_line("  a \n b\u00a0\u3000c\t") == "a b c"


@pytest.mark.parametrize("piece", ["\u200d", "\U0001f3f4\U000e0067", "❤\ufe0f\u200d", "\r"])
def test_time_is_linear(piece):
    assert_linear(lambda count: clean(piece * count), 2_000)
