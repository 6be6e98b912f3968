"""What a person is found by in the text of rows that no lead owns, as a regular expression of Postgres."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from services.consent.number_forms import other_forms

# Whatever is before them may be written in several ways: +60, 0060, 0, or nothing.
_DIGITS = 8
# No script that has digits is behind the first two planes of Unicode.
_LAST_CHARACTER = 0x1FFFF
# A name that many people have says nothing of one of them.
_TELLING = 8
_LONGEST = 200


def traces(phone: str, name: str, attributes: Iterable[str]) -> str:
    """Finds, in the text of a JSON array of cells, the number in any notation, and a cell that is the name.

    The number may be in two cells. An address of electronic mail among the attributes is found anywhere.
    """
    forms = {form[-_DIGITS:] for form in (phone, *other_forms(phone))}
    found = ["[^0-9]*".join(map(_digit, filter(str.isdigit, form))) for form in sorted(forms)]
    found += [_cell(name)] if len(name) >= _TELLING else []
    found += [_mail(each) if _is_mail(each) else _cell(each) for each in attributes if "@" in each]
    return "(?i)" + "|".join(f"({each})" for each in found)


def _digit(digit: str) -> str:
    return f"[{digit}{_others()[int(digit)]}]"


@cache
def _others() -> Mapping[int, str]:
    """Each digit in all other scripts: an import reads many of them, and refuses rows with the rest."""
    found: defaultdict[int, str] = defaultdict(str)
    for code in range(0x80, _LAST_CHARACTER + 1):
        digit = unicodedata.digit(chr(code), None)
        if digit is not None:
            found[digit] += chr(code)
    return found


def _cell(text: str) -> str:
    """A whole cell that says this, whatever is between its words."""
    return r'"[^[:alnum:]"]*' + r'[^[:alnum:]"]+'.join(_words(text)) + r'[^[:alnum:]"]*"'


def _mail(address: str) -> str:
    """Anywhere in a cell, but not as the end or the beginning of another address."""
    return "[^[:alnum:]._%+-]" + r'[^[:alnum:]" ]+'.join(_words(address)) + "[.]?[^[:alnum:]._-]"


def _is_mail(text: str) -> bool:
    before, _, domain = text.partition("@")
    is_one_word = len(text.split()) == 1 and len(text) >= _TELLING
    return is_one_word and bool(before) and "." in domain.strip(".")


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text[:_LONGEST]).split()
