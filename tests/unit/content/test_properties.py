"""What holds for any text at all, over the whole of Unicode."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from services.content.graphemes import clusters, shortened
from services.content.greeting import Greeting, Period
from services.content.hygiene import clean
from services.content.lookalikes import look_alikes
from services.content.names import LIMIT, called
from services.content.parser import escape
from services.content.reach import reach
from services.content.template import Template, TemplateError
from services.content.variation import Variation
from services.content.wording import Lead, Wording

# Surrogates too, and characters that mean something here more often than chance would have it.
anything = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("{}|\\ \n\r\t.,@/:-'\u200b\u200c\u200d\ufe0f\u202e\u0301்أکअ்👩🚀🏴🇲🇾❤1９١Aa陈த"),
        st.sampled_from("\U000e0067\U000e007f\u1820\u180b\U000e0100葛\u0000\ud800\uffff"),
    ),
    max_size=60,
)
plain = anything.map(clean).filter(bool)
nodes = st.recursive(
    st.one_of(plain.map(escape), st.sampled_from(["{name}", "{first_name|you}", "{attr.a}", "{attr.b|x}"])),
    lambda inner: st.lists(st.lists(inner, min_size=1, max_size=2).map("".join), min_size=2, max_size=4).map(
        lambda each: "{" + "|".join(["x" + each[0], *each[1:]]) + "}"
    ),
    max_leaves=8,
)
templates = st.lists(nodes, max_size=5).map("".join)
leads = st.builds(
    Lead,
    anything,
    st.dictionaries(st.sampled_from("ab"), anything),
    st.sampled_from(["", "ms", "zh-TW", "\ud800", "x"]),
    st.sampled_from([None, *range(24)]),
)
probabilities = st.sampled_from([0.0, 0.2, 0.3])
variations = st.builds(
    Variation, full_stop=probabilities, comma=probabilities, space=probabilities, greeting_case=probabilities
)
ids = st.binary(max_size=16)

_FORBIDDEN = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\u00ad\u2060"
)


def parsed(text: str) -> Template | TemplateError:
    try:
        return Template.parse(text)
    except TemplateError as error:
        return error


def is_clean(text: str) -> bool:
    text.encode()  # no surrogate
    return not any(
        char in _FORBIDDEN or (unicodedata.category(char) == "Cc" and char != "\n") for char in text
    )


@given(anything)
def test_any_text_is_a_tree_or_an_error(text):
    found = parsed(text)
    if isinstance(found, TemplateError):
        assert 1 <= found.line <= len(text)
        assert 1 <= found.column <= len(text) + 1


@given(templates, leads, variations, ids)
@settings(max_examples=300)
def test_whatever_parses_renders_cleanly_and_always_alike(template, lead, variation, message_id):
    body = parsed(template)
    assert isinstance(body, Template)
    greetings = [Greeting(body, 2, "ms", Period.MORNING), Greeting(body)]
    wording = Wording(body, greetings, footer=template, variation=variation, fallback=lead.name)
    text = wording.render(lead, message_id)
    assert is_clean(text)
    assert text == Wording(body, greetings, footer=template, variation=variation, fallback=lead.name).render(
        lead, message_id
    )
    found = reach(wording, lead)
    assert found.texts >= 1
    assert 0.0 < found.same <= 1.0 + 1e-9
    assert 0.0 <= found.repeats(1000, 10) < 1.0


@given(anything, leads, ids)
def test_an_escaped_text_renders_as_itself(text, lead, message_id):
    template = Template.parse(escape(clean(text)))
    assert not template.variables
    assert template.render(lead.name, {}) == clean(text)


@given(anything)
def test_cleaning_is_clean_and_once_is_enough(text):
    assert is_clean(clean(text))
    assert clean(clean(text)) == clean(text)


@given(anything)
def test_clusters_are_the_text_and_shortening_splits_none(text):
    whole = clusters(text)
    assert "".join(whole) == text
    for limit in (1, 5, 20):
        short = shortened(text, limit)
        assert len(short) <= limit
        assert clusters(short) == whole[: len(clusters(short))]


@given(anything)
def test_any_name_is_clean_and_short(raw):
    name = called(raw)
    if name is not None:
        for part in name:
            assert 0 < len(part) <= LIMIT
            assert is_clean(part)
            assert "\n" not in part
            assert part == part.strip()
        again = called(name.full)
        assert again is None or again.full in (name.full, again.full)


@given(anything)
def test_look_alikes_are_where_they_are_said_to_be(text):
    lines = clean(text).split("\n")
    for each in look_alikes(clean(text)):
        assert lines[each.line - 1][each.column - 1] == each.character


protected = st.sampled_from(
    [
        "https://Example.com/a?b=c", "www.example.com", "ana@example.com", "+60 12-345 6789", "RM1,234.50",
        "STOP", "UNSUBSCRIBE", "Berhenti", "BATAL", "👨‍👩‍👧‍👦", "❤️", "🇲🇾", "1️⃣", "{name}",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(protected, st.sampled_from(["Hi", "soon", "谢谢", "{a|b}"])), min_size=1), ids)
@settings(max_examples=300)
def test_what_is_protected_stays_as_it_is(words, message_id):
    text = " ".join(words)
    name = "McAnn o'Lee 2nd"
    greeting = Greeting(Template.parse(text))
    wording = Wording(
        Template.parse(text),
        [greeting],
        variation=Variation(full_stop=0.5, comma=0.5, space=0, greeting_case=1),
    )
    rendered = wording.render(Lead(name), message_id)
    for part in rendered.split("\n\n"):
        at = 0
        for word in words:
            if word in ("Hi", "soon", "谢谢", "{a|b}"):
                continue
            shown = name if word == "{name}" else word
            at = part.index(shown, at) + len(shown)
            assert part[at : at + 1] in ("", " ") or word == "{name}"
