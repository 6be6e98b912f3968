"""How often each variation comes, and what none of them touches."""

from collections import Counter

import pytest

from services.content.greeting import Greeting
from services.content.template import Template
from services.content.variation import Level, Variation, ends_in_a_word, other_case, stops
from services.content.wording import Lead, Wording

RENDERS = 40_000


def rendered(body, greetings=(), renders=RENDERS, lead=None, **settings):
    wording = Wording(
        Template.parse(body),
        [Greeting(Template.parse(text)) for text in greetings],
        variation=Variation(**settings),
        key=b"test",
    )
    return [wording.render(lead or Lead("Ana"), number.to_bytes(8, "big")) for number in range(renders)]


@pytest.mark.parametrize(
    "settings",
    [{}, {"full_stop": 0.5, "comma": 0.0, "space": 0.05}, {"full_stop": 1.0, "comma": 0.0, "space": 0.0}],
)
def test_the_end_of_the_body(settings):
    variation = Variation(**settings)
    seen = Counter(text[len("See you soon") :] for text in rendered("See you soon", **settings))
    wanted = {".": variation.full_stop, ",": variation.comma, " ": variation.space}
    wanted[""] = 1 - sum(wanted.values())
    for end, share in wanted.items():
        assert abs(seen[end] / RENDERS - share) < 0.01
    assert not set(seen) - set(wanted)


@pytest.mark.parametrize("share", [0.2, 0.75])
def test_the_case_of_the_greeting(share):
    seen = Counter(text[0] for text in rendered("x", ["Hi {name}"], greeting_case=share))
    assert abs(seen["h"] / RENDERS - share) < 0.01
    assert seen["h"] + seen["H"] == RENDERS


def test_alternatives_are_even():
    seen = Counter(rendered("{a|b|c|{d|e}}", level=Level.NATURAL, full_stop=0, comma=0, space=0))
    for text, share in {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.125, "e": 0.125}.items():
        assert abs(seen[text] / RENDERS - share) < 0.01


def test_none_is_the_same_for_everybody():
    assert set(rendered("{a|b} {c|d}", ["{Hi|Hello} {name}", "Hey"], 500, level=Level.NONE)) == {
        "Hi Ana\n\na c"
    }


@pytest.mark.parametrize(
    "body",
    [
        "see https://example.com/a",
        "see example.com",
        "see wa.me/60123",
        "https://x.com/{attr.code}",
        "{https://x.com/|http://y.com/}abc",
        "mail ana@example.com",
        "on 12",
        "at RM5",
        "ok 👍",
        "ok 👨‍👩‍👧‍👦",
        "love ❤️",
        "Reply STOP",
        "balas berhenti",
        "balas BATAL",
        "回复停止",
        "回复STOP",
        "Really?",
        "Done.",
        "*bold*",
        "what {attr.site}",
        "use SAVEBIG",
        "use SaveBig",
        "use save_big",
        "use *SAVEBIG",
        "reply A",
        "with the code savebig",
        "meet at KLCC",
        "промокод лето",
        "Codice: estate",
        "wifi password kucing",
        "优惠码：chunjie",
        "with #raya",
    ],
)
def test_after_anything_but_a_word_only_a_space_may_come(body):
    lead = Lead("Ana", {"code": "abc", "site": "shop.example.com"})
    texts = rendered(body, renders=3000, lead=lead)
    plain = {text.rstrip(" ") for text in texts}
    assert plain == set(rendered(body, renders=300, lead=lead, full_stop=0, comma=0, space=0))
    spaces = sum(text.endswith(" ") for text in texts) / 3000
    assert abs(spaces - 0.4) < 0.04


@pytest.mark.parametrize(
    "word", ["soon", "Ana", "é", "e\u0301", "நன்றி", "谢谢", "شكرا", "5pm", "nonstop", "don't"]
)
def test_words(word):
    assert ends_in_a_word(f"and {word}")


def test_a_name_at_the_end_may_be_followed():
    assert {text[:10] for text in rendered("Thanks Ana", renders=200)} == {"Thanks Ana"}
    assert "Thanks Ana." in rendered("Thanks {name}", renders=200)


def test_stops_are_those_of_the_script():
    assert stops("谢谢") == "。，"
    assert stops("شكرا") == ".،"
    assert stops("நன்றி") == stops("kasih") == ".,"
    assert set(rendered("谢谢", renders=200)) == {"谢谢", "谢谢。", "谢谢，", "谢谢 "}


@pytest.mark.parametrize(
    ("greeting", "other"),
    [
        ("Hi {name}", "hi {name}"),
        ("hai", "Hai"),
        ("{Hi|hello|{Hey|Yo}} {name}", "{hi|Hello|{hey|yo}} {name}"),
        ("Привет", "привет"),
        ("Ế", "ế"),
        ("E\u0301li", "e\u0301li"),
        # Never touched:
        ("{name}", "{name}"),
        ("{name|Friend}", "{name|Friend}"),
        ("STOP {name}", "STOP {name}"),
        ("HELLO {name}", "HELLO {name}"),
        ("DBS here, {name}", "DBS here, {name}"),
        ("iKEA says hi", "iKEA says hi"),
        ("eBay: hi", "eBay: hi"),
        ("McDonald's", "McDonald's"),
        ("Wi-Fi is on", "Wi-Fi is on"),
        ("G20 {name}", "G20 {name}"),
        ("{HELLO|Hi} {name}", "{HELLO|hi} {name}"),
        ("Berhenti", "Berhenti"),
        ("Www.example.com", "Www.example.com"),
        ("Ana@example.com", "Ana@example.com"),
        ("{Ana|Bea}@example.com", "{Ana|Bea}@example.com"),
        ("你好", "你好"),
        ("வணக்கம்", "வணக்கம்"),
        ("مرحبا", "مرحبا"),
        ("👋 Hi", "👋 Hi"),
        ("1st", "1st"),
        ("ßa", "ßa"),
        ("İa", "İa"),
        ("ǅa", "ǅa"),
    ],
)
def test_the_other_case(greeting, other):
    assert other_case(Template.parse(greeting).nodes) == Template.parse(other).nodes


def test_the_case_of_a_name_is_its_owners():
    assert set(rendered("x!", ["{name}", "{name|you} there"], 500, space=0)) == {
        "Ana\n\nx!",
        "Ana there\n\nx!",
    }


@pytest.mark.parametrize(
    "wrong", [{"full_stop": 1.1}, {"comma": -0.1}, {"space": float("nan")}, {"full_stop": 0.6, "space": 0.5}]
)
def test_settings_are_probabilities(wrong):
    with pytest.raises(ValueError, match="probabilit"):
        Variation(**wrong)
