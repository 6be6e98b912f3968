"""A text of another system is refused when it is saved, with the place of each of its placeholders."""

import pytest

from gateway.accounts.check import check_update
from gateway.wording.check import check_text
from kompang.v1 import accounts_pb2 as pb
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
        ("[firstname,fallback=friend]", "{first_name}"), ("$SUBSCRIBER.FIRSTNAME", "{first_name}"),
        ("~Contact.FirstName~", "{first_name}"), ("«FirstName»", "{first_name}"), ("%(name)s", "{name}"),
        ("#name#", "{name}"), ("|*FNAME*|", "{first_name}"), ("(First Name)", "{first_name}"),
        ("[customer.first_name]", "{first_name}"), ("-firstname-", "{first_name}"), ("@@name@@", "{name}"),
        ("$(name)", "{name}"), ("^name^", "{name}"), ("!name!", "{name}"), ("<name/>", "{name}"),
        ("&lt;name&gt;", "{name}"), ("[Your Name Here]", "{name}"), ("|FNAME|", "{first_name}"),
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


SPOKEN = ("account.wording.footer", "account.stop_confirmation")


def _saved(field: str, text: str) -> list[tuple[str, str]]:
    account = pb.Account(name="accounts/-")
    if field == "account.wording.footer":
        account.wording.footer = text
    else:
        account.stop_confirmation = text
    return [(each.field, each.description) for each in check_update(pb.UpdateAccountRequest(account=account))]


@pytest.mark.parametrize("field", SPOKEN)
@pytest.mark.parametrize("text", ["Bye *|FNAME|*", "Bye %name%", "Bye [Name]", "Bye ${name}", "Bye {{1}}"])
def test_what_is_said_as_it_stands_has_no_placeholder(field: str, text: str) -> None:
    found = _saved(field, text)
    assert {each for each, _ in found} == {field}
    assert all("line 1, column" in told and "take it out" in told for _, told in found)
    # A variable would not be filled there.
    assert not any("{first_name}" in told for _, told in found)


@pytest.mark.parametrize("field", SPOKEN)
@pytest.mark.parametrize("text", ["", "Reply STOP to stop", "[PROMO] 50% off: reply STOP"])
def test_a_text_without_one_is_saved(field: str, text: str) -> None:
    assert _saved(field, text) == []
