"""Plain substitution, and errors that say where."""

import pytest

from services.content.template import Template, TemplateError


def test_variables_are_replaced():
    template = Template.parse("Hi {name},\nhow is {attr.city}?")
    assert template.variables == {"name", "attr.city"}
    assert template.render("Ana", {"city": "Ipoh"}) == "Hi Ana,\nhow is Ipoh?"


def test_a_missing_attribute_is_nothing():
    assert Template.parse("In {attr.city}.").render("Ana", {}) == "In ."


def test_values_are_not_parsed_again():
    assert Template.parse("{name}").render("{attr.city}", {"city": "x"}) == "{attr.city}"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("Hello {nome}", 1, 7),
        ("Hello {}", 1, 7),
        ("a\nbc {attr.CITY}", 2, 4),
        ("open { brace", 1, 6),
        ("close } brace", 1, 7),
        ("{name} and }", 1, 12),
        ("{{name}}", 1, 1),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_its_place(text, line, column):
    with pytest.raises(TemplateError) as refused:
        Template.parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)


def test_rendering_is_linear_in_the_text():
    text = "{name} " * 580
    assert Template.parse(text).render("x", {}) == "x " * 580
