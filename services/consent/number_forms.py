"""The forms of one person's number: the one that is kept, and those that people and networks still write.

Countries have made their mobile numbers longer, and WhatsApp knows some people by the number they had before:
a STOP comes from the older form while the list has the newer. So every number is brought to one form, the one
that is valid today, before it is kept, hashed or looked for. Each rule maps one older form to one number, so
that no two people come together. docs/numbers.md has the table with its sources. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Rule:
    """Digits behind the country's code: what `older` matches is `newer` today; `back` turns it round."""

    older: re.Pattern[str]
    newer: str
    back: re.Pattern[str]
    before: str


def _rule(older: str, newer: str, back: str, before: str) -> _Rule:
    return _Rule(re.compile(older, re.ASCII), newer, re.compile(back, re.ASCII), before)


def _prefixes(changes: dict[str, str], digits: int) -> list[_Rule]:
    """Of numbers whose first digits changed, and `digits` more did not."""
    rest = rf"(\d{{{digits}}})"
    return [_rule(old + rest, rf"{new}\1", new + rest, rf"{old}\1") for old, new in changes.items()]


# In the order in which they are tried; the first that matches counts.
_RULES: dict[str, list[_Rule]] = {
    # Egypt, October 2011: a digit was put into the prefixes.
    "20": _prefixes(
        {"10": "100", "16": "106", "19": "109", "12": "122", "17": "127", "18": "128"}
        | {"11": "111", "14": "114"},
        7,
    ),
    # Côte d'Ivoire, 31 January 2021: the operator's number before the eight digits.
    "225": [
        _rule(rf"([04-9][{digits}]\d{{6}})", rf"{new}\1", rf"{new}([04-9][{digits}]\d{{6}})", r"\1")
        for digits, new in (("0-3", "01"), ("4-6", "05"), ("7-9", "07"))
    ],
    # Benin, 30 November 2024: 01 before the eight digits.
    "229": [_rule(r"(\d{8})", r"01\1", r"01(\d{8})", r"\1")],
    # Mauritius, September 2013: 5 before the seven digits of mobile numbers.
    "230": [_rule(r"([479]\d{6})", r"5\1", r"5([479]\d{6})", r"\1")],
    # Cameroon, November 2014: 6 before the eight digits of mobile numbers.
    "237": [_rule(r"([5-9]\d{7})", r"6\1", r"6([5-9]\d{7})", r"\1")],
    # Gabon, 2019: two digits for the operator, where there was one, with or without a zero before it.
    "241": [
        *_prefixes({"0?1": "11", "0?2": "62", "0?5": "65", "0?6": "66", "0?4": "74", "0?7": "77"}, 6),
        _rule(r"(3\d{6})", r"0\1", r"0(3\d{6})", r"\1"),
    ],
    # Brazil, 2012 to 2016: 9 before the eight digits of mobile numbers, but for the trunked radio in 7.
    "55": [_rule(r"([1-9]\d)([689]\d{7})", r"\g<1>9\2", r"([1-9]\d)9([689]\d{7})", r"\1\2")],
    # Mexico, 3 August 2019: no 1 before mobile numbers any more.
    "52": [_rule(r"1(\d{10})", r"\1", r"(\d{10})", r"1\1")],
    # Argentina: 9 before mobile numbers that are called from abroad; without it people write them at home.
    "54": [_rule(r"([1-3]\d{9})", r"9\1", r"9([1-3]\d{9})", r"\1")],
    # Ecuador, September 2012: 9 before the eight digits of mobile numbers.
    "593": [_rule(r"([89]\d{7})", r"9\1", r"9([89]\d{7})", r"\1")],
    # Vietnam, September 2018: mobile numbers of eleven digits (with the zero) became ones of ten.
    "84": _prefixes(
        {f"16{n}": f"3{n}" for n in range(2, 10)}
        | {"120": "70", "121": "79", "122": "77", "126": "76", "128": "78"}
        | {"123": "83", "124": "84", "125": "85", "127": "81", "129": "82"}
        | {"186": "56", "188": "58", "199": "59"},
        7,
    ),
}  # fmt: skip


def canonical(number: str) -> str:
    """The form in which a number is kept, with `+` or without, as it is given. Other texts stay."""
    plus, digits = ("+", number[1:]) if number[:1] == "+" else ("", number)
    code = _code(digits)
    for rule in _RULES.get(code, ()):
        if found := rule.older.fullmatch(digits, len(code)):
            return plus + code + found.expand(rule.newer)
    return number


def other_forms(number: str) -> list[str]:
    """The other forms of a number that `canonical` gave, as it is given."""
    plus, digits = ("+", number[1:]) if number[:1] == "+" else ("", number)
    if not _code(digits):
        return []
    return [plus + each for each in dict.fromkeys(_others(digits)) if each != digits]


def _others(digits: str) -> Iterator[str]:
    code = _code(digits)
    for rule in _RULES.get(code, ()):
        if found := rule.back.fullmatch(digits, len(code)):
            before = found.expand(rule.before)
            # Gabon wrote a zero before its seven digits, or did not.
            yield from (code + before.replace("0?", zero, 1) for zero in ("0", ""))


def _code(digits: str) -> str:
    # Each row of a list comes by here several times.
    if (code := digits[:2]) in _RULES or (code := digits[:3]) in _RULES:
        return code
    return ""
