"""Phone numbers in the one form they are kept in: E.164, `+60123456789`."""

from functools import lru_cache

import phonenumbers
from phonenumbers import re_util

from gateway.phones import plan

_REMEDY = "write it as + and country code and number, such as +60123456789"
_KEPT = 4096

_FAULTS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: (
        "PHONE_COUNTRY_CODE",
        "has no country code that exists",
    ),
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: ("PHONE_TOO_SHORT", "is too short"),
    phonenumbers.NumberParseException.TOO_SHORT_NSN: ("PHONE_TOO_SHORT", "is too short"),
    phonenumbers.NumberParseException.TOO_LONG: ("PHONE_TOO_LONG", "is too long"),
}

_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
_LONGEST_CODE = 3
# With what stands around them. Only short texts are kept.
_LONGEST_CODE_CELL = 16
_LONGEST = 64

# What the library's regular expressions cost is their compilation; they are few.
re_util.enable_pattern_cache()


class PhoneError(ValueError):
    """What is wrong with a number, and the remedy; never the number itself. `reason` is for programs."""

    def __init__(self, text: str, reason: str = "PHONE_NOT_VALID") -> None:
        super().__init__(text)
        self.reason = reason


def normalised(text: str) -> str:
    """The E.164 form. Raises `PhoneError`.

    Lengths and country codes are checked, ranges are not: number plans change faster than libraries,
    and whether somebody is reachable there is the network's to say.
    """
    _refuse_long(text)
    return _normalised(text)


# A batch is checked first and normalised again when it is written: the second time is free.
@lru_cache(maxsize=_KEPT)
def _normalised(text: str) -> str:
    stripped = text.strip()
    if not stripped.startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        raise PhoneError(f"is not in international notation; {_REMEDY}", "PHONE_NO_COUNTRY")
    if any(character.isalpha() for character in stripped):
        raise PhoneError(f"contains letters; {_REMEDY}", "PHONE_LETTERS")
    return _e164(_possible(_parsed(stripped, None)))


class Notation:
    """Reads numbers as people of one country write them, and international ones."""

    def __init__(self, country: str) -> None:
        """`country`: two letters of ISO 3166, or empty. Raises `ValueError` for one without numbers."""
        if country and country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(country)
        self._country = country or None
        self._plan = plan.plan_of(country) if country else None

    def normalised(self, digits: str, *, plus: bool) -> str:
        """The E.164 form of ASCII digits, and whether a `+` stood before them. Raises `PhoneError`.

        A local number must be one of its country's ranges: without a `+` it may as well be another
        country's, and a guess would reach a stranger.
        """
        _refuse_long(digits)
        if plus:
            return self._international(digits)
        if self._plan is not None and (abroad := self._plan.abroad.match(digits)):
            return self._international(digits[abroad.end() :])
        # What most of the world dials before a country code, also where something else is dialled.
        if digits.startswith("00"):
            return self._international(digits[2:])
        if self._plan is not None and (found := self._plan.local(digits)):
            return found
        if self._country is None:
            raise PhoneError(
                f"is in local notation, and the import has no country; name one, or {_REMEDY}",
                "PHONE_NO_COUNTRY",
            )
        number = _possible(_parsed(digits, self._country))
        if not phonenumbers.is_valid_number(number):
            raise PhoneError(f"is no number of {self._country}; {_REMEDY}")
        return _e164(number)

    def _international(self, digits: str) -> str:
        found = plan.international(digits)
        return found or _e164(_possible(_parsed("+" + digits, self._country)))


def notation_of(code: str) -> Notation | None:
    """Returns the notation of a country by its calling code or two letters; None if no country has them."""
    return _notation_of(code) if len(code) <= _LONGEST_CODE_CELL else None


@lru_cache(maxsize=_KEPT)
def _notation_of(code: str) -> Notation | None:
    text = code.strip().removeprefix("+")
    if text.isdecimal() and text.isascii() and len(text) <= _LONGEST_CODE:
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(text), ())
        text = regions[0] if regions else ""
    region = text.upper()
    return Notation(region) if region in phonenumbers.SUPPORTED_REGIONS else None


def may_be_mobile(number: str) -> bool:
    """Whether a number in E.164 is a mobile one, as far as its country tells the two apart."""
    return phonenumbers.number_type(_parsed(number, None)) in _MOBILE


def _refuse_long(text: str) -> None:
    if len(text) > _LONGEST:
        raise PhoneError(f"is too long; {_REMEDY}", "PHONE_TOO_LONG")


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        reason, fault = _FAULTS.get(error.error_type, ("PHONE_NOT_VALID", "is no phone number"))
        raise PhoneError(f"{fault}; {_REMEDY}", reason) from None


def _possible(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.IS_POSSIBLE:
            return number
        case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise PhoneError(f"is too short for its country; {_REMEDY}", "PHONE_TOO_SHORT")
        case phonenumbers.ValidationResult.TOO_LONG:
            raise PhoneError(f"is too long for its country; {_REMEDY}", "PHONE_TOO_LONG")
        case _:
            raise PhoneError(f"is not a possible number of its country; {_REMEDY}")


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
