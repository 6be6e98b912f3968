"""What a person is found by in the text of rows that no lead owns, as a regular expression of Postgres."""

from collections.abc import Iterable

from services.consent.number_forms import other_forms

# Whatever is before them may be written in several ways: +60, 0060, 0, or nothing.
_DIGITS = 8
# The zeros of the digits that people write numbers in: Arabic, Persian, Devanagari, full width.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0xFF10)
# A name that many people have says nothing of one of them.
_TELLING = 8
_LONGEST = 200


def traces(phone: str, name: str, attributes: Iterable[str]) -> str:
    """Finds, in the text of a JSON array of cells, the number in any notation, and a cell that is the name.

    An address of electronic mail among the attributes counts as a name.
    """
    forms = {form[-_DIGITS:] for form in (phone, *other_forms(phone))}
    found = [r'[^0-9"]*'.join(map(_digit, filter(str.isdigit, form))) for form in sorted(forms)]
    names = [name] if len(name) >= _TELLING else []
    found += [_cell(each) for each in [*names, *(each for each in attributes if "@" in each)]]
    return "(?i)" + "|".join(f"({each})" for each in found)


def _digit(digit: str) -> str:
    return f"[{digit}{''.join(chr(zero + int(digit)) for zero in _ZEROS)}]"


def _cell(text: str) -> str:
    """A whole cell that says this, whatever is between its words."""
    words = "".join(c if c.isalnum() else " " for c in text[:_LONGEST]).split()
    return r'"[^[:alnum:]"]*' + r'[^[:alnum:]"]+'.join(words) + r'[^[:alnum:]"]*"'
