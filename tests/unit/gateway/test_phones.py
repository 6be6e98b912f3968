"""Numbers are kept in one form, and refused with a remedy."""

import pytest

from gateway.phones import PhoneError, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+60123456789", "+60123456789"),
        (" +60 12-345 6789 ", "+60123456789"),
        ("+60 (12) 345.6789", "+60123456789"),
        ("\N{FULLWIDTH PLUS SIGN}60123456789", "+60123456789"),
        ("+6591234567", "+6591234567"),
    ],
)
def test_a_number_is_normalised_to_one_form(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "international notation"),
        ("0123456789", "international notation"),
        ("0060123456789", "international notation"),
        ("60123456789", "international notation"),
        ("+1800FLOWERS", "letters"),
        ("+60123456789;ext=5", "letters"),
        ("+", "no phone number"),
        ("+999123456789", "country code"),
        ("+6012", "too short"),
        ("+60123456789012", "too long"),
        ("+601234567890123456789", "too long"),
    ],
)
def test_a_text_that_is_no_number_is_refused_with_its_reason(text: str, fault: str) -> None:
    with pytest.raises(PhoneError, match=fault) as caught:
        normalised(text)
    assert "+60123456789" in str(caught.value)
