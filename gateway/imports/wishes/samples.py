"""Values that can be shown to people without showing a person."""

import re

from gateway.imports.wishes.answer import Answer, answer, is_time
from gateway.imports.wishes.fold import words

_LONGEST = 30
_MANY_WORDS = 4
_FEW = 6
_OF_A_PERSON = re.compile(r"[@#]|\d{3}|\d[\s.-]\d")


def shown(value: str, count: int, different: int) -> str:
    """The value, or what it is: of many different ones, and of what has digits, each may be a person's."""
    if is_time(value):
        return "(a time)"
    is_word = answer(value) is not Answer.NOT_UNDERSTOOD and len(words(value)) <= _MANY_WORDS
    is_usual = count > 1 or different <= _FEW
    if len(value) > _LONGEST or _OF_A_PERSON.search(value) or not (is_word or is_usual):
        return "(a text)"
    return value
