"""A cell is a phone number, or is refused with its own reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports.cells.phone import read_phone
from gateway.imports.errors import RowError
from gateway.phones import Notation

MY = Notation("MY")


@pytest.mark.parametrize(
    "cell",
    [
        "0123456789",
        "012-345 6789",
        "+60 12 345 6789",
        "+60 (0)12-345 6789",
        "0060123456789",
        "(012) 3456789",
        "'0123456789",
        "'+60123456789",
        "60123456789",
        "123456789",
        '="0123456789"',
        "012.345.6789",
        "\u202a+60\u00a012\u2011345 6789\u202c",
        "tel:+60123456789",
        "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
        "60123456789@s.whatsapp.net",
        "60123456789.0",
        "  +60123456789  ",
        "012\u2013345\u20136789",
        # Numbers that a sheet has reckoned with.
        "60,123,456,789",
        "60.123.456.789,00",
        "60'123'456'789",
        "6.0123456789E+10",
        "6,01234567890e10",
        "60123456789E0",
        # Labels of people and of Facebook.
        "p:+60123456789",
        "HP: 012-345 6789",
        "H/P 012-345 6789",
        "No. Tel: 012-345 6789",
        "\U0001f4f1 012-345 6789",
        "+60 12 345 6789 (mobile)",
        "012-345 6789 [WhatsApp]",
        "(+60) 12-345 6789",
        "[+60]123456789",
        # Addresses of WhatsApp.
        "https://wa.me/60123456789",
        "wa.me/+60123456789?text=Hi",
        "https://api.whatsapp.com/send?phone=60123456789&text=x",
        "whatsapp://send?text=x&phone=60123456789",
        "60123456789:12@s.whatsapp.net",
        "60123456789@c.us",
        # Several, of which one is mobile, or one person's.
        "012-345 6789 / 03-2095 0000",
        "03-2095 0000, 012-345 6789",
        "0123456789/0123456789",
        "+60123456789 ::: +60198765432",
        "03-20950000 ::: 0123456789 ::: 0198765432",
    ],
)
def test_one_number_in_many_ways(cell: str) -> None:
    assert read_phone(cell, MY) == "+60123456789"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "PHONE_EMPTY"),
        ("'", "PHONE_EMPTY"),
        ("6.01E+10", "PHONE_SCIENTIFIC"),
        ("6,01234E+10", "PHONE_SCIENTIFIC"),
        ("6E10", "PHONE_SCIENTIFIC"),
        ("012-3456789 / 019-8765432", "PHONE_SEVERAL"),
        ("0123456789, 0198765432", "PHONE_SEVERAL"),
        ("0123456789\n0198765432", "PHONE_SEVERAL"),
        ("0123456789 or 0198765432", "PHONE_SEVERAL"),
        ("0123456789 0198765432", "PHONE_SEVERAL"),
        ("03-2095 0000 / 03-2095 0001", "PHONE_SEVERAL"),
        ("6.012345678E+10", "PHONE_SCIENTIFIC"),
        ("tel:+60-3-2095-0000;ext=12", "PHONE_EXTENSION"),
        ("60123456789-1555@g.us", "PHONE_LETTERS"),
        ("12345678901234@lid", "PHONE_LETTERS"),
        ("wa.me/message/ABCDEF", "PHONE_LETTERS"),
        ("012-345 6789 (salah)", "PHONE_LETTERS"),
        ("03-2095 0000 ext 12", "PHONE_EXTENSION"),
        ("03-20950000 x12", "PHONE_EXTENSION"),
        ("0123456789 (Ali)", "PHONE_LETTERS"),
        ("n/a", "PHONE_LETTERS"),
        ("-", "PHONE_CHARACTERS"),
        ("012*345*6789", "PHONE_CHARACTERS"),
        ("+999123456789", "PHONE_COUNTRY_CODE"),
        ("012345", "PHONE_TOO_SHORT"),
        ("+6012345", "PHONE_TOO_SHORT"),
        ("01234567890123", "PHONE_TOO_LONG"),
        ("6591234567", "PHONE_NOT_VALID"),
        ("0000000000", "PHONE_COUNTRY_CODE"),
    ],
)
def test_reasons(cell: str, reason: str) -> None:
    with pytest.raises(RowError) as caught:
        read_phone(cell, MY)
    assert caught.value.reason == reason
    assert caught.value.because.startswith("phone: ")


def test_local_notation_needs_a_country() -> None:
    with pytest.raises(RowError) as caught:
        read_phone("012-345 6789", Notation(""))
    assert caught.value.reason == "PHONE_NO_COUNTRY"
    assert read_phone("0060123456789", Notation("")) == "+60123456789"
    assert read_phone("0060123456789", Notation("US")) == "+60123456789"


@given(st.text(max_size=40))
def test_any_cell_is_a_number_or_refused(cell: str) -> None:
    try:
        found = read_phone(cell, MY)
    except RowError as fault:
        assert fault.because  # noqa: PT017
        return
    assert found[0] == "+"
    assert found[1:].isdecimal()
    assert found.isascii()
