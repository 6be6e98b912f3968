"""The compiled plans say what the library says."""

import functools

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from gateway.phones import plan as plans
from gateway.phones.plan import Kind

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
DIGITS = st.text("0123456789", min_size=1, max_size=16)
# Whose plan knows no mobile numbers.
ONE_KIND = {"TA"}
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def library(code: int, national: str) -> Kind | None:
    """Of a number whose leading zeros count."""
    zeros = len(national) - len(national.lstrip("0"))
    number = phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=zeros > 0 or None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )
    region = phonenumbers.region_code_for_number(number)
    if not phonenumbers.is_valid_number(number) or not int(national):
        return None
    kind = phonenumbers.number_type(number)
    is_one = region in ONE_KIND and kind is PhoneNumberType.FIXED_LINE
    return Kind.MOBILE if kind in MOBILE or is_one else Kind.OTHER


@functools.cache
def examples(region: str) -> list[str]:
    """National numbers of every type."""
    found = [phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()]
    return [phonenumbers.national_significant_number(each) for each in found if each is not None]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(REGIONS), st.data())
def test_a_number_is_what_the_library_says(region: str, data: st.DataObject) -> None:
    """Near a real one, where the ranges end."""
    national = data.draw(st.sampled_from(examples(region)))
    place = data.draw(st.integers(0, len(national)))
    put = data.draw(st.sampled_from(["", "0", "7", "00"]))
    changed = national[:place] + put + national[place + data.draw(st.integers(0, 1)) :]
    code = phonenumbers.country_code_for_region(region)
    for each in (national, changed):
        assert plans.code_plan(str(code)).kind(each) == (library(code, each) if each else None)


@settings(max_examples=300, deadline=None)
@given(DIGITS)
@example("60123456789")
@example("870773111632")
@example("8001234567")
def test_a_number_of_any_code_is_what_the_library_says(digits: str) -> None:
    found = plans.split(digits)
    if found is not None:
        plan, national = found
        expected = library(int(plan.code), national) if national else None
        assert plan.kind(national) == expected


@pytest.mark.parametrize(
    ("region", "dialled", "national"),
    [("MY", "0123456789", "123456789"), ("HU", "06201234567", "201234567"),
     ("AR", "0111523456789", "91123456789"), ("RU", "89161234567", "9161234567"),
     ("MY", "123456789", None)],
)  # fmt: skip
def test_what_is_dialled_inside_is_no_part_of_the_number(
    region: str, dialled: str, national: str | None
) -> None:
    assert plans.plan_of(region).stripped(dialled) == national


def test_where_a_sheet_can_take_a_zero_away() -> None:
    assert all(plans.plan_of(region).writes_prefix for region in ("MY", "ID", "DE", "GB", "FR"))
    assert not any(plans.plan_of(region).writes_prefix for region in ("SG", "US", "CN", "BR", "IT"))
