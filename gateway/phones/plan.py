"""Number plans, compiled: what `phonenumbers` says of a number, at a tenth of its cost.

A property test holds the two against each other.
"""

import re
from enum import StrEnum
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import NumberFormat, PhoneNumberDesc

_LONGEST_CODE = 3
_REGIONS = {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
# Of satellites and other international networks.
_NO_REGION = "001"
# What was dialled inside the country until lately, and lists still have.
_DIALLED_BEFORE = {"52": r"01|04[45]"}
_NOTHING = re.compile("(?!)")


class Kind(StrEnum):
    """What a valid number is. Where a region does not tell them apart, every number is a mobile one."""

    MOBILE = "mobile"
    OTHER = "other"


class Plan:
    """The plan of one region; `abroad` matches what is dialled there before a country code."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        self.code = str(metadata.country_code)
        self.abroad = re.compile(metadata.international_prefix) if metadata.international_prefix else _NOTHING
        self.leading = re.compile(metadata.leading_digits) if metadata.leading_digits else None
        self.writes_prefix = bool(metadata.national_prefix) and _is_prefix_written(metadata)
        prefix = metadata.national_prefix_for_parsing or _DIALLED_BEFORE.get(self.code)
        self._prefix = re.compile(prefix) if prefix else _NOTHING
        self._transform = metadata.national_prefix_transform_rule
        assert metadata.general_desc is not None  # noqa: S101 - every plan has one
        self._lengths = frozenset(metadata.general_desc.possible_length)
        self._general = _pattern(metadata.general_desc)
        # The library asks these first.
        self._special = _pattern(
            metadata.premium_rate, metadata.toll_free, metadata.shared_cost, metadata.voip,
            metadata.personal_number, metadata.pager, metadata.uan, metadata.voicemail,
        )  # fmt: skip
        self._fixed = _pattern(metadata.fixed_line)
        self._mobile = _pattern(metadata.mobile)
        if metadata.same_mobile_and_fixed_line_pattern or self._mobile is _NOTHING:
            self._mobile = self._fixed

    def kind(self, national: str) -> Kind | None:
        """What a national number is in this region; None if it is not valid there."""
        if len(national) not in self._lengths:
            return None
        if self._mobile.fullmatch(national):
            return Kind.OTHER if self._special.fullmatch(national) else Kind.MOBILE
        if self._general.fullmatch(national) and (
            self._fixed.fullmatch(national) or self._special.fullmatch(national)
        ):
            return Kind.OTHER
        return None

    def stripped(self, digits: str) -> str | None:
        """The national number behind what is dialled before it inside; None if that is missing."""
        found = self._prefix.match(digits)
        if not found or not found.end():
            return None
        rest = digits[found.end() :]
        if self._transform and found.re.groups and found[found.re.groups] is not None:
            return found.expand(self._transform) + rest
        return rest


class CodePlan:
    """The plans of the regions that share a country code, the main one first."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._regions = _REGIONS[code]

    @property
    def main(self) -> Plan:
        """What the library takes for an international number."""
        return self._plan(self._regions[0])

    def kind(self, national: str) -> Kind | None:
        """What a national number is in the region that it is of; None if it is not valid."""
        for region in self._regions:
            plan = self._plan(region)
            if plan.leading is not None:
                if plan.leading.match(national):
                    return plan.kind(national)
            elif found := plan.kind(national):
                return found
        return None

    # Each when it is first needed: to compile all of the world takes a quarter of a second.
    def _plan(self, region: str) -> Plan:
        return plan_of(region, self.code) if region == _NO_REGION else plan_of(region)


def _pattern(*described: PhoneNumberDesc | None) -> re.Pattern[str]:
    """What the numbers of any of these types look like. Their lengths are in their patterns."""
    patterns = [each.national_number_pattern for each in described if each is not None]
    given = "|".join(f"(?:{pattern})" for pattern in patterns if pattern)
    return re.compile(given) if given else _NOTHING


def _is_prefix_written(metadata: PhoneMetadata) -> bool:
    """Whether people of the region write its mobile numbers with a prefix, which a sheet takes away."""
    example = metadata.mobile.example_number if metadata.mobile else None
    return bool(example) and any(
        not each.national_prefix_optional_when_formatting and _begins_with_prefix(each)
        for each in metadata.number_format[:]
        if _is_format_of(each, str(example))
    )


def _is_format_of(form: NumberFormat, national: str) -> bool:
    leading = form.leading_digits_pattern
    is_leading = not leading or re.match(leading[-1], national) is not None
    return is_leading and re.fullmatch(form.pattern or "(?!)", national) is not None


def _begins_with_prefix(form: NumberFormat) -> bool:
    return (form.national_prefix_formatting_rule or "").lstrip("(")[:1].isdigit()


@cache
def plan_of(region: str, code: str = "") -> Plan:
    """The plan of a region that the library knows; `code` for what is no region, such as satellites."""
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code or 0), region)
    assert metadata is not None  # noqa: S101 - asked for supported regions only
    return Plan(metadata)


@cache
def code_plan(code: str) -> CodePlan:
    """The plans of a country code that exists."""
    return CodePlan(code)


def split(digits: str) -> tuple[CodePlan, str] | None:
    """The country code of an international number, and what follows it. No code begins another one."""
    for length in range(1, _LONGEST_CODE + 1):
        code = digits[:length]
        if code in _REGIONS:
            return code_plan(code), digits[length:]
    return None
