"""The filter of an audience: what it means, what it refuses and where, and how long it takes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.campaigns.filter import FilterError, compiled, parse
from gateway.campaigns.filter.syntax import And, Not, Or, Restriction
from tests.support.processor import assert_quick


def a(key: str, comparator: str = "=", value: str | float | None = "1") -> Restriction:
    return Restriction(f"attributes.{key}", comparator, value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \n", None),
        ("trigger = COLD", Restriction("trigger", "=", "COLD")),
        ("trigger=COLD", Restriction("trigger", "=", "COLD")),
        # Two texts side by side: where a field should be, there is a value.
        ("trigger = 'it''s'", "column 15:"),
        (r'trigger = "a \"b\" \\ c"', Restriction("trigger", "=", r'a "b" \ c')),
        ("trigger = 'say \"hi\"'", Restriction("trigger", "=", 'say "hi"')),
        ("device = devices/12", Restriction("device", "=", 12.0)),
        ("device != 12", Restriction("device", "!=", 12.0)),
        ("attributes.city = 'Kuala Lumpur'", a("city", "=", "Kuala Lumpur")),
        ("attributes.age >= 30", a("age", ">=", 30.0)),
        ("attributes.age >= '30'", a("age", ">=", "30")),
        ("attributes.age = 30", a("age", "=", "30")),
        ("attributes.age > -1.5", a("age", ">", -1.5)),
        ("attributes:city", a("city", ":", None)),
        ("attributes.note:'big sale'", a("note", ":", "big sale")),
        (
            'create_time > "2026-01-01T00:00:00Z"',
            Restriction("create_time", ">", 1767225600.0),
        ),
        (
            'create_time <= "2026-01-01T08:00:00.5+08:00"',
            Restriction("create_time", "<=", 1767225600.5),
        ),
        # AIP-160: OR binds tighter than AND.
        ("attributes.a=1 AND attributes.b=1 OR attributes.c=1", And((a("a"), Or((a("b"), a("c")))))),
        ("attributes.a=1 attributes.b=1", And((a("a"), a("b")))),
        ("NOT attributes.a=1", Not(a("a"))),
        ("-attributes.a=1", Not(a("a"))),
        ("-(attributes.a=1 OR attributes.b=1)", Not(Or((a("a"), a("b"))))),
        ("NOT (attributes.a=1) AND attributes.b=1", And((Not(a("a")), a("b")))),
        ("((attributes.a=1))", a("a")),
    ],
)
def test_a_filter_is_read_as_its_grammar_says(text: str, tree: object) -> None:
    if isinstance(tree, str):
        with pytest.raises(FilterError, match=tree):
            parse(text)
    else:
        assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("colour = red", 1, "no field"),
        ("attributes.City = x", 1, "no field"),
        ("trigger = A AND colour = red", 17, "no field"),
        ("trigger", 8, "comparison"),
        ("trigger =", 10, "value"),
        ("trigger = AND", 11, "value"),
        ("= A", 1, "name of a field"),
        ("trigger = A AND", 16, "name of a field"),
        ("trigger = A)", 12, "never opened"),
        ("(trigger = A", 1, "never closed"),
        ("()", 2, "name of a field"),
        ('trigger = "A', 11, "other half"),
        ("trigger ! A", 9, "means nothing"),
        ("trigger : ''", 11, "empty"),
        ("device > 3", 8, "= or !="),
        ("device = phone", 10, "no device"),
        ("create_time > tomorrow", 15, "no time"),
        ("create_time > '2026-01-01T00:00:00'", 15, "which zone"),
        ("create_time : '2026-01-01T00:00:00Z'", 13, "compared by"),
        ("attributes:City", 12, "no field"),
    ],
)
def test_a_bad_filter_is_refused_with_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse(text)
    assert refused.value.column == column
    assert says in str(refused.value)


def test_depth_and_number_are_bounded() -> None:
    parse("(" * 40 + "trigger=A" + ")" * 40)
    with pytest.raises(FilterError, match="parentheses"):
        parse("(" * 41 + "trigger=A" + ")" * 41)
    parse(" ".join(["trigger=A"] * 300))
    with pytest.raises(FilterError, match="comparisons"):
        parse(" ".join(["trigger=A"] * 301))


@given(st.one_of(st.text(max_size=200), st.text(alphabet="()\"'\\=<>!:-ANDORT atrigue.", max_size=120)))
def test_any_text_is_understood_or_refused_with_a_column_in_it(text: str) -> None:
    column = 1
    try:
        tree = parse(text)
    except FilterError as error:
        column = error.column
    else:
        assert tree is None or compiled(tree).path
    assert 1 <= column <= len(text) + 1


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_a_value_stays_apart_from_the_path(value: str) -> None:
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    tree = parse(f"attributes.note = {quoted}")
    assert tree is not None
    made = compiled(tree)
    assert made.path == '($.attributes."note" == $v0)'
    assert json.loads(json.dumps(made.values)) == {"v0": value}


@pytest.mark.parametrize("piece", ["(", '"', "\\", "trigger=A ", "NOT ", "-", "a" * 10, "'\\"])
def test_the_time_to_read_a_filter_is_linear(piece: str) -> None:
    """8 KiB of anything: far below what a quadratic reader would take, were it long."""

    text = "trigger=A " + piece * (100_000 // len(piece)) + " !"

    def refuse() -> None:
        with pytest.raises(FilterError):
            parse(text)

    assert_quick(refuse, 1.0)
