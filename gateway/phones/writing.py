"""The digits that people may mean by what they wrote, with and without a mark beside the number.

`+49 (0)171 …` has a zero that is dialled inside the country only. `… (2)`, `… /8` and `… - 2` have a mark of
a list or of a second line behind the number, `1. …` before it. Where a mark may be a part of the number as
well, both are given.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

PLUS = ("+", "\N{FULLWIDTH PLUS SIGN}")
_OPEN = " ([\N{FULLWIDTH LEFT PARENTHESIS}"
_CLOSED = ")]\N{FULLWIDTH RIGHT PARENTHESIS}"
_ZERO = re.compile(rf"[{re.escape(_OPEN)}][ \u00a0]?0[ \u00a0]?[{re.escape(_CLOSED)}]")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
# Before a mark of any length, and before one of one digit.
_STRONG = frozenset("/~\N{FULLWIDTH SOLIDUS}")
_WEAK = frozenset(f" ._\u00a0{_DASHES}")
_MOST_MARK = 2
# So many digits behind a sign are no mark of a number any more but another number.
_SECOND_NUMBER = 6
_BEFORE = re.compile(rf"[(\[#]?(\d{{1,2}})(?:[.)\]]|\s[{re.escape(_DASHES)}](?=\s))\s*(?=[^\s])")


class Written(NamedTuple):
    """ASCII digits, and whether a `+` stood before them."""

    digits: str
    has_plus: bool


def writings(text: str) -> list[Written]:
    """What may be meant, the text as a whole first. For digits and what stands between them."""
    found: dict[Written, None] = {}
    for each in _without_marks(text.strip()):
        found[_written(each)] = None
        if _ZERO.search(each):
            found[_written(_ZERO.sub(" ", each, count=1))] = None
    return list(found)


def _written(text: str) -> Written:
    digits = "".join(str(int(character)) for character in text if character.isdecimal())
    return Written(digits, text.lstrip(_OPEN)[:1] in PLUS)


def _without_marks(text: str) -> Iterator[str]:
    text = _without_bracketed(text)
    yield text
    if base := _without_last(text):
        yield base
    if mark := _BEFORE.match(text):
        yield text[mark.end() :]


def _without_bracketed(text: str) -> str:
    """One or two digits in brackets at the end belong to no number."""
    if text[-1:] not in _CLOSED or not text:
        return text
    body = text[:-1].rstrip()
    head = body.rstrip("0123456789")
    mark = body[len(head) :]
    before = head.rstrip(" #")
    if mark and len(mark) <= _MOST_MARK and before and before[-1] in _OPEN:
        return before[:-1].rstrip()
    return text


def _without_last(text: str) -> str:
    """The text before its last group of digits, where that may be a mark; else nothing."""
    head = text.rstrip("0123456789")
    mark = text[len(head) :]
    if not mark or not head or len(mark) >= _SECOND_NUMBER:
        return ""
    is_spaced = head[-1] in " \u00a0" and head.rstrip(" \u00a0")[-1:] in (*_STRONG, *_DASHES)
    before = head.rstrip(" \u00a0")
    is_strong = before[-1:] in _STRONG or is_spaced or (before[-1:] in _DASHES and before[-2:-1] == " ")
    is_fraction = head[-1] in ".," and not mark.strip("0")
    if is_strong or is_fraction or (len(mark) == 1 and head[-1] in _WEAK):
        return head.rstrip("".join(_STRONG | _WEAK))
    return ""
