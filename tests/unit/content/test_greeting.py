"""Which greeting: by language, time of day and weight."""

from collections import Counter

import pytest

from services.content.greeting import (
    Greeting,
    Period,
    default_greetings,
    fitting,
    greetings_by_time,
    period_at,
)
from services.content.template import Template
from services.content.variation import Variation
from services.content.wording import Lead, Wording


def greeting(text, weight=1, language="", period=Period.ANY):
    return Greeting(Template.parse(text), weight, language, period)


def fit(greetings, language="", period=Period.ANY):
    return [each.template.source.raw for each in fitting(greetings, language, period)]


@pytest.mark.parametrize(
    ("hour", "period"),
    [
        (0, Period.EVENING), (4, Period.EVENING), (5, Period.MORNING), (11, Period.MORNING),
        (12, Period.AFTERNOON), (17, Period.AFTERNOON), (18, Period.EVENING), (23, Period.EVENING),
        (None, Period.ANY),
    ],
)  # fmt: skip
def test_periods(hour, period):
    assert period_at(hour) is period


def test_the_language_decides_first():
    greetings = [greeting("any"), greeting("ms", language="ms"), greeting("zh", language="zh-Hant")]
    assert fit(greetings, "ms") == ["ms"]
    assert fit(greetings, "zh") == ["zh"]
    assert fit(greetings, "ta") == ["any"]
    assert fit(greetings) == ["any"]
    assert fit(greetings[1:]) == ["ms", "zh"]
    assert fit(greetings[1:], "ta") == []


def test_the_time_of_day_counts_within_a_language():
    greetings = [greeting("pagi", language="ms", period=Period.MORNING), greeting("any")]
    assert fit(greetings, "ms", Period.MORNING) == ["pagi"]
    assert fit(greetings, "ms", Period.EVENING) == ["any"]
    assert fit(greetings, "ms", Period.ANY) == ["any"]
    both = [greeting("pagi", period=Period.MORNING), greeting("any")]
    assert fit(both, "", Period.MORNING) == ["pagi", "any"]


@pytest.mark.parametrize("tag", ["zh", "ZH-tw", "zh_CN", "zh-Hans-MY"])
def test_a_tag_counts_by_its_primary_part(tag):
    wording = Wording(Template.parse("x"), [greeting("你好", language="zh-Hant"), greeting("Hi")])
    assert wording.render(Lead(language=tag), b"1").startswith("你好\n\n")


def test_nothing_fits():
    wording = Wording(
        Template.parse("x!"), [greeting("pagi", period=Period.MORNING)], variation=Variation(space=0)
    )
    assert wording.render(Lead(hour=20), b"1") == "x!"
    assert wording.render(Lead(), b"1") == "x!"


def test_the_greetings_that_come_along():
    by_time = Wording(Template.parse("x"), greetings_by_time(), variation=Variation(greeting_case=0))
    for hour, begin in ((8, "Selamat pagi Ana"), (13, "Selamat petang Ana"), (21, "Hi Ana")):
        assert by_time.render(Lead("Ana", hour=hour), b"1").startswith(begin + "\n\nx")
    usual = Wording(Template.parse("x"), default_greetings(), variation=Variation(greeting_case=0))
    seen = {usual.render(Lead("Ana"), bytes([n])).partition("\n")[0] for n in range(100)}
    assert seen == {"Hi Ana", "Hello Ana", "Hai Ana"}


def test_weights():
    wording = Wording(
        Template.parse("x"),
        [greeting("A", 1), greeting("B", 3), greeting("C", 6)],
        variation=Variation(greeting_case=0),
    )
    seen = Counter(wording.render(Lead(), n.to_bytes(4, "big"))[0] for n in range(20_000))
    assert {letter: round(count / 20_000, 1) for letter, count in seen.items()} == {
        "A": 0.1,
        "B": 0.3,
        "C": 0.6,
    }


def test_bounds():
    with pytest.raises(ValueError, match="weight of 0"):
        greeting("x", 0)
    with pytest.raises(ValueError, match="51 greetings"):
        Wording(Template.parse("x"), [greeting("x")] * 51)
    Wording(Template.parse("x"), [greeting("x")] * 50)


def test_many_languages_of_leads_take_no_room():
    wording = Wording(Template.parse("x"), [greeting("Hi"), greeting("Hai", language="ms")])
    for number in range(1000):
        wording.render(Lead(language=f"x{number}", hour=number % 24), b"1")
    assert len(wording.openings._compiled) == 3
