"""A text of another system is refused when it is saved, with the place of each of its placeholders."""

import pytest

from gateway.wording.check import check_text
from tests.support.linear import assert_linear


@pytest.mark.parametrize(
    ("placeholder", "instead"),
    [
        ("*|FNAME|*", "{first_name}"), ("*|NAME|*", "{name}"), ("*|MERGE3|*", "{attr.KEY}"),
        ("%name%", "{name}"), ("%FIRSTNAME%", "{first_name}"), ("%%first_name%%", "{first_name}"),
        ("%order.id%", "{attr.KEY}"), ("[Name]", "{name}"), ("[First Name]", "{first_name}"),
        ("[NAMA]", "{name}"), ("[[name]]", "{name}"), ("${name}", "{name}"),
        ("#{first_name}", "{first_name}"), ("%{name}", "{name}"), ("<<name>>", "{name}"),
        ("<name>", "{name}"), ("@name", "{name}"), ("@firstname", "{first_name}"), ("$name", "{name}"),
        ("##name##", "{name}"), ("<%= name %>", "{name}"), ("__name__", "{name}"), ("[姓名]", "{name}"),
    ],
)  # fmt: skip
def test_placeholders_of_other_systems(placeholder: str, instead: str) -> None:
    [found] = check_text("text", f"Hello\nDear {placeholder}, see you")
    assert found.description.startswith(f"line 2, column 6: '{placeholder[:6]}")
    assert instead in found.description


@pytest.mark.parametrize(
    "placeholder", ["{{1}}", "{{name}}", "{{first_name}}", "{firstname}", "{0}", "{nama}"]
)
def test_braces_of_other_systems(placeholder: str) -> None:
    [found] = check_text("text", f"Dear {placeholder}")
    assert "line 1, column" in found.description


@pytest.mark.parametrize(
    "text",
    [
        "Hi {name}", "Hi {first_name|kawan}", "50% off, 20% more", "up to 70%, then 50%",
        "[Limited] offer", "[PROMO] hi", "mail me@name.com", "follow @kompang_my", "a < b > c",
        "pay ${attr.amount}", "*Name* in bold", "order #{attr.order}", "_name_ of the shop",
        "{Hi|Hello} there", "$5 or $10", "100%{ off| sale}", "@names",
    ],
)  # fmt: skip
def test_what_is_no_placeholder(text: str) -> None:
    assert not list(check_text("text", text))


@pytest.mark.parametrize("piece", ["*|a", "%a", "[a ", "<<a", "__a", "##", "@a", "<%a", "a b "])
def test_time_is_linear(piece: str) -> None:
    assert_linear(lambda count: list(check_text("text", piece * count)), 1_000)
