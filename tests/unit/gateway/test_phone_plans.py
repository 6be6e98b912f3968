"""The compiled plans say what the library says, or nothing."""

import functools

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.phones import Notation, PhoneError
from gateway.phones import plan as plans

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
DIGITS = st.text("0123456789", min_size=1, max_size=16)


def library(text: str, region: str | None, *, valid: bool) -> str | None:
    """In E.164 when possible and, on demand, valid; else None."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    is_good = phonenumbers.is_valid_number(number) if valid else phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_good else None


@functools.cache
def examples(region: str) -> list[str]:
    """Numbers of every type, national and international."""
    found = []
    for kind in phonenumbers.PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            found.append(phonenumbers.national_significant_number(number))
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            found.append("".join(filter(str.isdigit, national)))
            found.append(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return found


@settings(max_examples=3000, deadline=None)
@given(DIGITS)
@example("60123456789")
def test_an_international_number_is_read_as_the_library_reads_it(digits: str) -> None:
    found = plans.international(digits)
    assert found is None or found == library(f"+{digits}", None, valid=False)


@settings(max_examples=3000, deadline=None)
@given(st.sampled_from(REGIONS), DIGITS)
def test_a_local_number_is_read_as_the_library_reads_it(region: str, digits: str) -> None:
    plan = plans.plan_of(region)
    found = None if plan.abroad.match(digits) else plan.local(digits)
    assert found is None or found == library(digits, region, valid=True)


@settings(max_examples=3000, deadline=None)
@given(st.sampled_from(REGIONS), st.data())
def test_a_number_near_a_real_one_is_read_as_the_library_reads_it(region: str, data: st.DataObject) -> None:
    digits = data.draw(st.sampled_from(examples(region)))
    place = data.draw(st.integers(0, len(digits)))
    changed = digits[:place] + data.draw(st.sampled_from(["", "0", "7", "00"])) + digits[place + data.draw(
        st.integers(0, 1)
    ) :]  # fmt: skip
    if not changed:
        return
    plan = plans.plan_of(region)
    local = None if plan.abroad.match(changed) else plan.local(changed)
    assert local is None or local == library(changed, region, valid=True)
    found = plans.international(changed)
    assert found is None or found == library(f"+{changed}", None, valid=False)


@pytest.mark.parametrize("region", ["MY", "SG", "ID", "TH", "IN", "GB", "US", "DE", "BR", "MX", "IT", "AR"])
def test_every_example_is_read_as_the_library_reads_it(region: str) -> None:
    notation = Notation(region)
    for digits in examples(region):
        expected = library(digits, region, valid=True)
        try:
            found = notation.normalised(digits, plus=False)
        except PhoneError:
            found = None
        assert found == expected or digits.startswith("00"), digits


def test_a_mobile_number_needs_no_library() -> None:
    """Otherwise it is no use."""
    assert plans.international("60123456789")
    for digits in ("0123456789", "01123456789", "60123456789", "123456789"):
        assert plans.plan_of("MY").local(digits) == library(digits, "MY", valid=True)
        assert plans.plan_of("MY").local(digits)
