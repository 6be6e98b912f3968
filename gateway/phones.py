"""Phone numbers in the one form they are kept in: E.164, `+60123456789`."""

from functools import lru_cache

import phonenumbers

_REMEDY = "write it as + and country code and number, such as +60123456789"

_FAULTS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "has no country code that exists",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "is too short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "is too short",
    phonenumbers.NumberParseException.TOO_LONG: "is too long",
}


class PhoneError(ValueError):
    """What is wrong with a number, and the remedy; never the number itself."""


# A batch is checked first and normalised again when it is written: the second time is free.
@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """The E.164 form. Raises `PhoneError`.

    Lengths and country codes are checked, ranges are not: number plans change faster than libraries,
    and whether somebody is reachable there is the network's to say.
    """
    stripped = text.strip()
    if not stripped.startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        raise PhoneError(f"is not in international notation; {_REMEDY}")
    if any(character.isalpha() for character in stripped):
        raise PhoneError(f"contains letters; {_REMEDY}")
    try:
        number = phonenumbers.parse(stripped, None)
    except phonenumbers.NumberParseException as error:
        raise PhoneError(f"{_FAULTS.get(error.error_type, 'is no phone number')}; {_REMEDY}") from None
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.IS_POSSIBLE:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise PhoneError(f"is too short for its country; {_REMEDY}")
        case phonenumbers.ValidationResult.TOO_LONG:
            raise PhoneError(f"is too long for its country; {_REMEDY}")
        case _:
            raise PhoneError(f"is not a possible number of its country; {_REMEDY}")
