"""Number plans, compiled: the common case of what `phonenumbers` does, at a tenth of its cost.

Each method gives the library's own answer or None, which means: ask the library. A property test holds the
two against each other.
"""

import re
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_LONGEST_CODE = 3
_REGIONS = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
_Type = tuple[frozenset[int], re.Pattern[str]]


class Plan:
    """The plan of one region; `abroad` matches what is dialled there before a country code."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        general = metadata.general_desc
        code = metadata.country_code
        assert general is not None  # noqa: S101 - every plan has both
        assert code is not None  # noqa: S101
        self.abroad = re.compile(metadata.international_prefix or "(?!)")
        self.code = str(code)
        self._lengths = frozenset(general.possible_length)
        self._general = re.compile(general.national_number_pattern or "(?!)")
        self._prefix = re.compile(metadata.national_prefix_for_parsing or "(?!)")
        self._strips_simply = self._prefix.groups == 0 and not metadata.national_prefix_transform_rule
        # Elsewhere the region, and so the ranges, hang on the number.
        self._is_alone = len(COUNTRY_CODE_TO_REGION_CODE[code]) == 1
        self._types = _types(metadata, self._lengths) if self._is_alone else []

    def is_possible(self, national: str) -> bool:
        """Whether the number, with nothing to strip from it, has a length of this plan."""
        return national[0] != "0" and len(national) in self._lengths and not self._prefix.match(national)

    def local(self, digits: str) -> str | None:
        """A valid number as it is dialled inside the region, or with the code and no `+`, in E.164.

        Not for digits that begin as `abroad`.
        """
        if digits.startswith(self.code):
            national = digits[len(self.code) :]
            if self._prefix.match(national) or self._general.fullmatch(digits):
                return None
        elif found := self._prefix.match(digits):
            if not self._strips_simply:
                return None
            national = digits[found.end() :]
        else:
            national = digits
        return f"+{self.code}{national}" if self._is_valid(national) else None

    def _is_valid(self, national: str) -> bool:
        length = len(national)
        return (
            length in self._lengths
            and national[0] != "0"
            and self._general.fullmatch(national) is not None
            and any(length in lengths and pattern.fullmatch(national) for lengths, pattern in self._types)
        )


def _types(metadata: PhoneMetadata, lengths: frozenset[int]) -> "list[_Type]":
    """The ranges of every type, mobile numbers first: most are."""
    kinds: list[PhoneNumberDesc | None] = [
        metadata.mobile, metadata.fixed_line, metadata.voip, metadata.personal_number, metadata.toll_free,
        metadata.premium_rate, metadata.shared_cost, metadata.pager, metadata.uan, metadata.voicemail,
    ]  # fmt: skip
    return [
        (frozenset(kind.possible_length) or lengths, re.compile(pattern))
        for kind in kinds
        if kind is not None and (pattern := kind.national_number_pattern)
    ]


@cache
def plan_of(region: str) -> Plan:
    """The plan of a region that the library knows."""
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None  # noqa: S101 - asked for supported regions only
    return Plan(metadata)


# For codes that exist, each when it is first needed: to compile all of them takes a quarter of a second.
@cache
def _plan_of_code(code: str) -> Plan | None:
    """The main region's: it is what the library takes for an international number."""
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), _REGIONS[code])
    return None if metadata is None else Plan(metadata)


def international(digits: str) -> str | None:
    """A possible number as it is written after `+`, in E.164."""
    for length in range(1, _LONGEST_CODE + 1):
        code = digits[:length]
        plan = _plan_of_code(code) if code in _REGIONS else None
        if plan is not None:
            national = digits[length:]
            return f"+{digits}" if national and plan.is_possible(national) else None
    return None
