"""Every form of a person's number leads to one number, and from that to every form."""

import phonenumbers
import pytest

from services.consent.number_forms import canonical, other_forms
from services.consent.phone_hash import PhoneHashes
from tests.support.number_forms import FORMS


@pytest.mark.parametrize("number", FORMS)
def test_a_person_is_known_by_every_form(number: str) -> None:
    others = FORMS[number]
    assert other_forms(number) == others
    hashes = PhoneHashes([b"k" * 32])
    for form in [number, *others]:
        assert canonical(form) == number
        assert canonical(form[1:]) == number[1:]
        assert hashes.current(1, form) == hashes.current(1, number)
        assert hashes.forms(1, form) == hashes.forms(1, number)
    assert len(hashes.forms(1, number)) == 2 * (1 + len(others))


@pytest.mark.parametrize("number", [each for each, others in FORMS.items() if others])
def test_the_number_of_today_is_valid_and_an_older_form_is_nobody_elses(number: str) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(number))
    # Argentina's is what the same subscriber is dialled by at home; Gabon's are in the library still.
    if number[:4] not in ("+549", "+241"):
        for form in FORMS[number]:
            assert not phonenumbers.is_valid_number(phonenumbers.parse(form)), form


@pytest.mark.parametrize(
    "text", ["", "+", "x", "+52", "+521", "erased-7", "52155", "+5511", "1" * 40, "+2250000000000"]
)
def test_what_is_no_number_stays(text: str) -> None:
    assert canonical(text) == text
