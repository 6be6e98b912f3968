"""The preview's arithmetic against counting, and against what really comes out."""

from collections import Counter, defaultdict
from itertools import product

import pytest

from services.content.greeting import Greeting, default_greetings
from services.content.parser import parse
from services.content.reach import reach
from services.content.source import Source
from services.content.template import Template
from services.content.tree import Choice, Text, Variable
from services.content.variation import Level, Variation, ends_in_a_word, other_case, stops
from services.content.wording import Lead, Wording
from tests.support.linear import assert_linear
from tests.support.processor import assert_quick

BARE = Variation(full_stop=0, comma=0, space=0, greeting_case=0)


def wording(body, greetings=(), variation=BARE, **options):
    made = [Greeting(Template.parse(text), weight) for text, weight in greetings]
    return Wording(Template.parse(body), made, variation=variation, **options)


def distribution(nodes, values) -> dict[str, float]:
    """By plain enumeration: each text with its probability."""
    found: dict[str, float] = {"": 1.0}
    for node in nodes:
        if isinstance(node, Text):
            parts: dict[str, float] = {node.text: 1.0}
        elif isinstance(node, Variable):
            parts = {values[node.key]: 1.0} if node.key in values else distribution(node.default, values)
        else:
            assert isinstance(node, Choice)
            parts = defaultdict(float)
            for each in node.alternatives:
                for text, share in distribution(each, values).items():
                    parts[text] += share / len(node.alternatives)
        joined: dict[str, float] = defaultdict(float)
        for (a, p), (b, q) in product(found.items(), parts.items()):
            joined[a + b] += p * q
        found = joined
    return found


def enumerated(body, greetings, variation, values) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    total = sum(weight for _, weight in greetings)
    openings: dict[str, float] = defaultdict(float)
    for text, weight in greetings:
        nodes = parse(Source(text))
        for tree, share in ((nodes, 1 - variation.case), (other_case(nodes), variation.case)):
            for opening, p in distribution(tree, values).items():
                openings[opening + "\n\n"] += p * share * weight / total
    stop, comma, space = variation.ends
    for opening, p in (openings or {"": 1.0}).items():
        for text, q in distribution(parse(Source(body)), values).items():
            word = ends_in_a_word(text)
            ends = defaultdict(float, {" ": space})
            ends[stops(text)[0] if word else ""] += stop
            ends[stops(text)[1] if word else ""] += comma
            ends[""] += 1 - stop - comma - space
            for end, r in ends.items():
                if r > 1e-9:
                    found[opening + text + end] += p * q * r
    return {text: share for text, share in found.items() if share > 1e-12}


@pytest.mark.parametrize("variation", [BARE, Variation(), Variation(full_stop=0.5, comma=0.5, space=0.0)])
@pytest.mark.parametrize(
    ("body", "greetings"),
    [
        ("same for all", []),
        ("{a|b|c} {d|e}", []),
        ("{a|b|{c|d}}", []),
        ("{a|a|b}", []),
        ("{x {a|b}|y} end {Stop|go|12}", []),
        ("{Hi|there} {name}", [("{Hi|Hello|Hai} {name}", 1)]),
        ("x {attr.city|{a|b}}", [("Hi", 1), ("Hello {name}", 3)]),
        ("x", [("{Hi|hi}", 1)]),
        ("x", [("{Hi|hi|Yo} {name}", 1), ("Hi {name}", 2)]),
        ("x", [("{Hi|Hi|Hello}", 1), ("你好", 1), ("{name}", 1)]),
        ("x", [("Hi", 1), ("hi", 1), ("Hi", 2)]),
        ("{谢谢|ok 👍} {name|x}", [("{{Hey|Hi} you|Yo}", 1)]),
    ],
)
def test_texts_and_their_agreement_are_exact(body, greetings, variation):
    counted = enumerated(body, greetings, variation, {"name": "Ana"})
    found = reach(wording(body, greetings, variation), Lead("Ana"))
    assert found.texts == len(counted)
    assert found.same == pytest.approx(sum(share**2 for share in counted.values()))


def test_what_is_counted_is_what_comes_out():
    made = wording("{a|b|c} x {d|{e|f}}", [("{Hi|Hello} {name}", 1)], Variation())
    found = reach(made, Lead("Ana"))
    seen = Counter(made.render(Lead("Ana"), n.to_bytes(4, "big")) for n in range(60_000))
    assert len(seen) == found.texts == 3 * 3 * 4 * 4
    assert sum((count / 60_000) ** 2 for count in seen.values()) == pytest.approx(found.same, rel=0.05)


def test_a_lead_counts_with_what_they_have():
    made = wording("{attr.city|{a|b}}")
    assert reach(made, Lead()).texts == 2
    assert reach(made, Lead(attributes={"city": "Ipoh"})).texts == 1


def test_none_is_one_text():
    found = reach(wording("{a|b}", variation=Variation(Level.NONE)), Lead())
    assert (found.texts, found.same) == (1, 1.0)


def test_large_numbers_stay_exact():
    assert reach(wording("{0|1|2|3|4|5|6|7|8|9} " * 30), Lead()).texts == 10**30


@pytest.mark.parametrize("audience", [10, 100, 1000])
def test_repeats_are_those_of_an_audience(audience):
    made = wording("{a|b|c|d} {a|b|c|d} {a|b|c|d}", [("{Hi|Hello} {name}", 1)], Variation())
    expected = reach(made, Lead("Ana")).repeats(audience)
    rounds = 20_000 // audience
    shares = []
    for number in range(rounds):
        texts = {made.render(Lead("Ana"), f"{number}/{n}".encode()) for n in range(audience)}
        shares.append(1 - len(texts) / audience)
    # The reckoning takes texts of equal chance; these are not quite.
    assert sum(shares) / rounds == pytest.approx(expected, rel=0.15, abs=0.003)


def test_repeats_at_the_edges():
    one = reach(wording("same"), Lead())
    assert [one.repeats(n) for n in (0, 1, 2, 4)] == [0.0, 0.0, 0.5, 0.75]
    assert one.repeats(1, names=10) == 0.0
    assert one.repeats(2, names=10) == pytest.approx(0.05)
    vast = reach(wording("{0|1|2|3|4|5|6|7|8|9} " * 30), Lead())
    assert 0.0 <= vast.repeats(10**6) < 1e-9
    assert reach(wording("{0|1|2|3|4|5|6|7|8|9} " * 400), Lead()).repeats(10**6) == 0.0


def test_where_an_alternative_helps_most():
    body = "Always {the|a} same.\n  This never varies, {name}! {a|b|c|d} one. {Big|Large|Huge} two. 12345."
    places = reach(wording(body), Lead()).weakest
    assert [(each.line, each.column) for each in places] == [(2, 3), (1, 8), (2, 45)]
    assert [each.is_sentence for each in places] == [True, False, False]
    assert [each.texts for each in places] == [1.0, pytest.approx(2.0), pytest.approx(3.0)]


def test_the_default_greeting_triples():
    made = Wording(Template.parse("x"), default_greetings(), variation=BARE)
    assert reach(made, Lead("Ana")).texts == 3


@pytest.mark.parametrize(
    "piece", ["{a|b}", "{a|{b|{c|d}}} ", "a. ", "{name}. ", "{a|b}. ", "x", "{x@y.z|www.}", "{attr.x} "]
)
def test_time_is_linear(piece):
    def count_texts(count: int) -> None:
        text = piece * count
        made = wording(text, [(text, 1)], Variation())
        assert reach(made, Lead()).texts >= 1
        made.render(Lead(), b"1")

    assert_linear(count_texts, 100)


def test_the_largest_greeting():
    ten = "{0|1|2|3|4|5|6|7|8|9}"
    largest = wording("x", [(f"{{{ten * 3}a|{ten * 3}b}}", 1)])

    def count_texts() -> None:
        assert reach(largest, Lead()).texts == 2000

    assert_quick(count_texts, 5.0)
