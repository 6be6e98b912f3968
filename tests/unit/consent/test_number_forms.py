"""Every form of a person's number leads to one number, and from that to every form."""

import phonenumbers
import pytest

from services.consent.number_forms import canonical, other_forms
from services.consent.phone_hash import PhoneHashes

# The number of today, and its other forms.
FORMS = {
    "+5511987654321": ["+551187654321"],
    "+525512345678": ["+5215512345678"],
    "+5491123456789": ["+541123456789"],
    "+2290197123456": ["+22997123456"],
    "+2250702123456": [], "+2250707123456": ["+22507123456"], "+2250544123456": ["+22544123456"],
    "+2250101123456": ["+22501123456"],
    "+2250152123456": ["+22552123456"], "+2250799123456": ["+22599123456"],
    "+24177524929": ["+24107524929", "+2417524929"], "+24166123456": ["+24106123456", "+2416123456"],
    "+24162123456": ["+24102123456", "+2412123456"], "+24165123456": ["+24105123456", "+2415123456"],
    "+24174123456": ["+24104123456", "+2414123456"],
    "+84381234567": ["+841681234567"], "+84321234567": ["+841621234567"], "+84391234567": ["+841691234567"],
    "+84701234567": ["+841201234567"], "+84791234567": ["+841211234567"], "+84771234567": ["+841221234567"],
    "+84761234567": ["+841261234567"], "+84781234567": ["+841281234567"], "+84831234567": ["+841231234567"],
    "+84841234567": ["+841241234567"], "+84851234567": ["+841251234567"], "+84811234567": ["+841271234567"],
    "+84821234567": ["+841291234567"], "+84561234567": ["+841861234567"], "+84581234567": ["+841881234567"],
    "+84591234567": ["+841991234567"],
    "+23057123456": ["+2307123456"],
    "+237677123456": ["+23777123456"], "+237699123456": ["+23799123456"],
    "+593998123456": ["+59398123456"], "+593987123456": ["+59387123456"],
    "+201001234567": ["+20101234567"], "+201221234567": ["+20121234567"], "+201111234567": ["+20111234567"],
    # Nothing changed here.
    "+60123456789": [], "+6591234567": [], "+12015550123": [], "+4915112345678": [], "+919876543210": [],
    "+551132345678": [], "+546754421247": [], "+551178765432": [], "+972561234567": [],
}  # fmt: skip


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
