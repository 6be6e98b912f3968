"""Spintax, variables and escapes: what parses, what it renders as, and where it says that it does not."""

from contextlib import suppress

import pytest

from services.content.parser import MAX_DEPTH, escape
from services.content.program import run
from services.content.template import Template, TemplateError
from tests.support.linear import assert_linear


def texts(template: str, values=None, instead=None) -> set[str]:
    """Everything that it can render as."""
    program = Template.parse(template).program
    return {run(program, values or {}, instead or {}, iter(draw)) for draw in _all_draws()}


def _all_draws():
    # Enough for up to five groups of up to four alternatives.
    thirds = [index * 2**32 // 4 for index in range(4)]
    for number in range(4**5):
        yield [thirds[number // 4**place % 4] for place in range(5)]


def test_variables_are_replaced():
    template = Template.parse("Hi {name},\nhow is {attr.city}?")
    assert template.variables == {"name", "attr.city"}
    assert template.render("Ana", {"city": "Ipoh"}) == "Hi Ana,\nhow is Ipoh?"


def test_values_are_not_parsed_again():
    assert Template.parse("{name}").render("{attr.city}", {"city": "x"}) == "{attr.city}"


@pytest.mark.parametrize(
    ("template", "possible"),
    [
        ("{Hi|Hello|{Hey|Hai}}", {"Hi", "Hello", "Hey", "Hai"}),
        ("{a|b}{c|d}", {"ac", "ad", "bc", "bd"}),
        ("{a {b|c} d|e}", {"a b d", "a c d", "e"}),
        (r"\{a\|b\} \\ {x\|y|z}", {r"{a|b} \ x|y", r"{a|b} \ z"}),
        (r"C:\new | x\y", {r"C:\new | x\y"}),
        ("{ |x}", {" ", "x"}),
        ("你好{朋友|您}", {"你好朋友", "你好您"}),
        ("{வணக்கம்|ஹாய்}", {"வணக்கம்", "ஹாய்"}),
        ("{مرحبا|أهلا}", {"مرحبا", "أهلا"}),
        ("", {""}),
    ],
)
def test_spintax(template, possible):
    assert texts(template) == possible


@pytest.mark.parametrize(
    ("template", "with_it", "without"),
    [
        ("{name}", {"Ana"}, {"Cik"}),
        ("{name|there}", {"Ana"}, {"there"}),
        ("{name|{you|friend}}", {"Ana"}, {"you", "friend"}),
        ("{{name}|friend}", {"Ana", "friend"}, {"Cik", "friend"}),
        ("{{name|there}|friend}", {"Ana", "friend"}, {"there", "friend"}),
        # Only the first alternative makes a variable.
        ("{Hi|name}", {"Hi", "name"}, {"Hi", "name"}),
        ("{names|first}", {"names", "first"}, {"names", "first"}),
        (r"{na\me|x}", {r"na\me", "x"}, {r"na\me", "x"}),
    ],
)
def test_what_tells_a_variable_from_spintax(template, with_it, without):
    assert texts(template, {"name": "Ana"}, {"name": "Cik"}) == with_it
    assert texts(template, {}, {"name": "Cik"}) == without


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("In {attr.city}.", "In."),
        ("Hi {attr.nick}, how are you", "Hi, how are you"),
        ("{attr.nick} hello", "hello"),
        ("a {attr.x} b", "a b"),
        ("a {attr.x} {attr.y} b", "a b"),
        ("a\n{attr.x} b", "a\nb"),
        ("a {attr.x}\nb", "a\nb"),
        ("({attr.x})", "()"),
        ("({attr.x} {attr.x})", "()"),
        ("a {attr.x}{attr.x}b", "a b"),
        ("a{attr.x}b", "ab"),
        ("a {attr.x} {attr.x}", "a"),
        ("{attr.x|your town}!", "your town!"),
        ("see x.com/{attr.x} now", "see x.com/ now"),
        ("a  b {attr.x}", "a  b"),
    ],
)
def test_a_missing_attribute_leaves_no_gap(template, text):
    assert Template.parse(template).render("Ana", {}) == text


@pytest.mark.parametrize(
    ("text", "line", "column", "remedy"),
    [
        ("Hello {nome}", 1, 7, "{name}, {first_name} and {attr.KEY}"),
        ("Hello {}", 1, 7, "variables are"),
        ("a\nbc {attr.CITY}", 2, 4, "small letters"),
        ("a\r\nbc {attr.CITY|x}", 2, 4, "small letters"),
        ("a\u2028bc {attr.1|x}", 2, 4, "small letters"),
        ("{Name|there}", 1, 1, "use {name}"),
        ("{ name }", 1, 1, "use {name}"),
        ("{phone}", 1, 1, "no variable"),
        ("open { brace", 1, 6, r"write \{"),
        ("a {b|{c|d} e", 1, 3, "never closed"),
        ("close } brace", 1, 7, r"write \}"),
        ("{name} and }", 1, 12, r"write \}"),
        ("{{name}}", 1, 1, "no choice of two"),
        ("{a||b}", 1, 4, "empty alternative"),
        ("{|x}", 1, 2, "empty alternative"),
        ("{x|}", 1, 4, "empty alternative"),
        ("{attr.city|}", 1, 12, "empty alternative"),
        ("{a|\u200b}", 1, 5, "empty alternative"),
        ("\u200b\u202ea {b", 1, 5, "never closed"),
        ("{name|a|b}", 1, 1, "takes one default"),
        ("😀😀 {x}", 1, 4, "no variable"),
        ("{" * 11 + "a", 1, 11, "deeper than 10"),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_place_and_remedy(text, line, column, remedy):
    with pytest.raises(TemplateError) as refused:
        Template.parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert remedy in str(refused.value)


def test_depth_ends_at_ten():
    nested = "a"
    for _ in range(MAX_DEPTH):
        nested = f"{{{nested}|b}}"
    Template.parse(nested)
    with pytest.raises(TemplateError, match="deeper than 10"):
        Template.parse(f"{{{nested}|b}}")


def test_combinations_of_one_node_end_at_ten_thousand():
    ten = "{0|1|2|3|4|5|6|7|8|9}"
    Template.parse(ten * 8)  # side by side they are no one node
    Template.parse(f"{{{ten * 3}|{'|'.join('abcdefghi')}}}")
    Template.parse("{" + "|".join(f"{n}x" for n in range(10_000)) + "}")
    for refused in (f"{{{ten * 4}|x}}", "{" + "|".join(f"{n}x" for n in range(10_001)) + "}"):
        with pytest.raises(TemplateError, match="10,000 combinations"):
            Template.parse("a" + refused)


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "{}",
        "|",
        "\\",
        "\\{",
        "{a|",
        "{a|b}",
        "{name}",
        "{a|{b|c}}",
        "{a|b",
        "}{",
        "{{",
        "\u200b",
        "a",
        "\r",
    ],
)
def test_time_is_linear_in_any_text(piece):
    def read(count: int) -> None:
        with suppress(TemplateError):
            Template.parse(piece * count).render("", {})
            Template.parse(piece * count + "x").render("", {})

    assert_linear(read, 500)


def test_time_is_linear_in_the_worst_nesting():
    # Ten deep all the way, each level of it wide.
    wide = "{a|b}"
    for _ in range(9):
        wide = f"{{x|{wide}}}"
    assert_linear(lambda count: Template.parse(wide * count), 30)


def test_an_escaped_text_is_itself():
    assert Template.parse(escape("a {b|c} \\ \\{ \\\\")).render("", {}) == "a {b|c} \\ \\{ \\\\"
