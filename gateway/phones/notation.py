"""Phone numbers in the one form they are kept in: E.164, `+60123456789`."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import re_util

from gateway.phones.plan import Kind, code_plan, plan_of, split
from gateway.phones.readings import Reading, international, local
from gateway.phones.writing import PLUS, Written, writings

_REMEDY = "write it as + and country code and number, such as +60123456789"
_KEPT = 4096
_Length = phonenumbers.ValidationResult

_FAULTS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: (
        "PHONE_COUNTRY_CODE",
        "has no country code that exists",
    ),
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: ("PHONE_TOO_SHORT", "is too short"),
    phonenumbers.NumberParseException.TOO_SHORT_NSN: ("PHONE_TOO_SHORT", "is too short"),
    phonenumbers.NumberParseException.TOO_LONG: ("PHONE_TOO_LONG", "is too long"),
}
_LONGEST = 64
_SEPARATORS = re.compile(r"[\d\s()\[\].\-\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d/~_]*+")

# What the library's regular expressions cost is their compilation; they are few.
re_util.enable_pattern_cache()


class PhoneError(ValueError):
    """What is wrong with a number, and the remedy; never the number itself. `reason` is for programs.

    `readings`: the numbers that an ambiguous one may be.
    """

    def __init__(self, text: str, reason: str = "PHONE_NOT_VALID", readings: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.reason = reason
        self.readings = readings


def normalised(text: str) -> str:
    """The E.164 form. Raises `PhoneError`.

    The number must be valid for its country: WhatsApp is on fixed lines also, so those are valid.
    """
    _refuse_long(text)
    return _normalised(text)


# A batch is checked first and normalised again when it is written: the second time is free.
@lru_cache(maxsize=_KEPT)
def _normalised(text: str) -> str:
    stripped = text.strip()
    if not stripped.startswith(PLUS):
        raise PhoneError(f"is not in international notation; {_REMEDY}", "PHONE_NO_COUNTRY")
    if any(character.isalpha() for character in stripped):
        raise PhoneError(f"contains letters; {_REMEDY}", "PHONE_LETTERS")
    if not _SEPARATORS.fullmatch(stripped[1:]):
        raise PhoneError(f"contains characters that no number has; {_REMEDY}")
    return Notation().read(writings(stripped), with_lines=True)


def possible(text: str) -> str:
    """The E.164 form of a number that may exist by its length. Raises `PhoneError`.

    For the numbers of an account's own devices: whether one is right shows when it is linked, and number
    plans change faster than libraries.
    """
    _refuse_long(text)
    if not text.strip().startswith(PLUS):
        raise PhoneError(f"is not in international notation; {_REMEDY}", "PHONE_NO_COUNTRY")
    number = _parsed(text, None)
    if fault := _length_fault(number):
        raise fault
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Notation:
    """Reads numbers as people of one country write them, and international ones."""

    def __init__(self, *countries: str) -> None:
        """`countries`: two letters of ISO 3166 each; several where a code stands for several; empty for none.

        Raises `ValueError` for one without numbers.
        """
        self.countries = tuple(filter(None, countries))
        if not phonenumbers.SUPPORTED_REGIONS.issuperset(self.countries):
            raise ValueError(countries)
        self._plans = [(plan, code_plan(plan.code)) for plan in map(plan_of, self.countries)]

    def read(self, written: Sequence[Written], *, with_lines: bool = False) -> str:
        """The number in E.164 that is meant. Raises `PhoneError`.

        It must be valid, and a mobile one where its region tells the two apart. `with_lines`: a fixed line
        will do where its country, or the prefix that its country puts before, was written.
        """
        found = [reading for each in written for reading in self.readings(each)]
        meant = mobiles(found) or (_lines(found) if with_lines else [])
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise ambiguous(meant)
        if found:
            raise PhoneError(
                "is no mobile number, and WhatsApp is seldom on others; give a mobile number",
                "PHONE_NOT_MOBILE",
            )
        raise self._fault(written[0])

    def readings(self, written: Written) -> list[Reading]:
        """All that it may mean."""
        digits = written.digits
        _refuse_long(digits)
        if written.has_plus:
            return international(digits)
        if not self._plans:
            return international(digits[2:]) if digits.startswith("00") else []
        return [each for plan, code in self._plans for each in local(digits, plan, code)]

    def _fault(self, written: Written) -> PhoneError:
        """Why the library refuses a number."""
        country = next(iter(self.countries), None)
        digits, has_plus = written
        if digits.startswith("00") and not has_plus:
            digits, has_plus = digits[2:], True
        if not has_plus and country is None:
            return PhoneError(
                f"is in local notation, and the import has no country; name one, or {_REMEDY}",
                "PHONE_NO_COUNTRY",
            )
        try:
            number = _parsed("+" * has_plus + digits, country)
        except PhoneError as error:
            return error
        where = "its country" if has_plus else country
        return _length_fault(number) or PhoneError(f"is no number of {where}; {_REMEDY}")


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        reason, fault = _FAULTS.get(error.error_type, ("PHONE_NOT_VALID", "is no phone number"))
        raise PhoneError(f"{fault}; {_REMEDY}", reason) from None


def _length_fault(number: phonenumbers.PhoneNumber) -> PhoneError | None:
    match phonenumbers.is_possible_number_with_reason(number):
        case _Length.IS_POSSIBLE:
            return None
        case _Length.TOO_SHORT | _Length.IS_POSSIBLE_LOCAL_ONLY:
            return PhoneError(f"is too short for its country; {_REMEDY}", "PHONE_TOO_SHORT")
        case _Length.TOO_LONG:
            return PhoneError(f"is too long for its country; {_REMEDY}", "PHONE_TOO_LONG")
        case _:
            return PhoneError(f"is not a possible number of its country; {_REMEDY}")


def mobiles(readings: Iterable[Reading]) -> list[str]:
    """The mobile numbers among them, each once."""
    return list(dict.fromkeys([each.number for each in readings if each.kind is Kind.MOBILE]))


def _lines(readings: Iterable[Reading]) -> list[str]:
    return list(dict.fromkeys([each.number for each in readings if each.is_explicit]))


def ambiguous(numbers: Sequence[str]) -> PhoneError:
    """Of a number that is one of several, and nobody can say which."""
    return PhoneError(f"may be one of several numbers; {_REMEDY}", "PHONE_AMBIGUOUS", numbers)


def may_be_mobile(number: str) -> bool:
    """Whether a number in E.164 is a mobile one, as far as its country tells the two apart."""
    found = split(number.removeprefix("+"))
    return found is not None and found[0].kind(found[1]) is Kind.MOBILE


def _refuse_long(text: str) -> None:
    if len(text) > _LONGEST:
        raise PhoneError(f"is too long; {_REMEDY}", "PHONE_TOO_LONG")
