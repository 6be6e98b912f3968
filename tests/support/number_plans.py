"""Random numbers of any region, from the patterns of `phonenumbers`, and how lists have them."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from random import Random
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
_MOST_TRIES = 50


def mobiles(region: str, count: int, random: Random) -> list[phonenumbers.PhoneNumber]:
    """Valid mobile numbers of a region; numbers of any type where it does not tell them apart."""
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    assert metadata.general_desc is not None
    pattern = metadata.mobile.national_number_pattern if metadata.mobile else None
    tree = _tree(pattern or metadata.general_desc.national_number_pattern)
    found: list[phonenumbers.PhoneNumber] = []
    for _ in range(count * _MOST_TRIES):
        if len(found) == count:
            break
        national = "".join(_drawn(tree, random))
        number = phonenumbers.parse(f"+{metadata.country_code}{national}")
        is_same = phonenumbers.national_significant_number(number) == national
        is_valid = is_same and phonenumbers.is_valid_number_for_region(number, region)
        if is_valid and (phonenumbers.number_type(number) in _MOBILE or not pattern):
            found.append(number)
    return found


@cache
def _tree(pattern: str) -> Any:
    return parser.parse(pattern)


def _drawn(tree: Any, random: Random) -> list[str]:
    found: list[str] = []
    for operation, argument in tree:
        if operation is sre.LITERAL:
            found.append(chr(argument))
        elif operation is sre.IN:
            found.append(_one_of(argument, random))
        elif operation is sre.BRANCH:
            found += _drawn(random.choice(argument[1]), random)
        elif operation is sre.SUBPATTERN:
            found += _drawn(argument[-1], random)
        elif operation is sre.MAX_REPEAT:
            least, most, part = argument
            for _ in range(random.randint(least, most)):
                found += _drawn(part, random)
        else:
            raise NotImplementedError(operation)
    return found


def _one_of(ranges: Any, random: Random) -> str:
    characters: list[str] = []
    for operation, argument in ranges:
        if operation is sre.LITERAL:
            characters.append(chr(argument))
        elif operation is sre.RANGE:
            characters += map(chr, range(argument[0], argument[1] + 1))
        else:
            characters += "0123456789"
    return random.choice(characters)


class Number:
    """One number, with what its dresses are made of."""

    def __init__(self, number: phonenumbers.PhoneNumber, region: str) -> None:
        self.region = region
        self.code = str(number.country_code)
        self.national = phonenumbers.national_significant_number(number)
        self.e164 = f"+{self.code}{self.national}"
        self.inside = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        self.outside = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        self.prefix = metadata.national_prefix or ""
        self.abroad = metadata.preferred_international_prefix or metadata.international_prefix or "00"
        self.abroad = self.abroad.replace("~", "")
        if not self.abroad.isdigit():
            self.abroad = "00"


def _split(digits: str, *places: int, by: str = " ") -> str:
    ends = [0, *places, len(digits)]
    return by.join(digits[a:b] for a, b in pairwise(ends) if a < b)


def _digits(zero: int) -> Callable[[str], str]:
    return lambda text: text.translate({ord("0") + n: chr(zero + n) for n in range(10)})


# As people, phones, sheets, sites and other systems write a number.
DRESSES: dict[str, Callable[[Number], str]] = {
    "E.164": lambda n: n.e164,
    "inside": lambda n: n.inside,
    "outside": lambda n: n.outside,
    "RFC 3966": lambda n: f"tel:+{n.code}-{_split(n.national, 3, 6, by='-')}",
    "no plus": lambda n: n.code + n.national,
    "no plus, spaces": lambda n: f"{n.code} {_split(n.national, 3)}",
    "no plus, a zero": lambda n: f"{n.code}0{n.national}",
    "no plus, (0)": lambda n: f"{n.code} (0){_split(n.national, 3)}",
    "no prefix": lambda n: n.national,
    "a zero": lambda n: f"0{n.national}",
    "(0) and a slash": lambda n: f"+{n.code} (0){_split(n.national, 3, by='/')}",
    "(0)": lambda n: f"+{n.code} (0){n.national}",
    "( 0 )": lambda n: f"+{n.code} ( 0 ) {n.national}",
    "[0]": lambda n: f"+{n.code}[0]{n.national}",
    "(0) behind": lambda n: f"(+{n.code})(0){n.national}",
    "plus and zero": lambda n: f"+{n.code}0{n.national}",
    "plus and prefix": lambda n: f"+{n.code} {n.prefix}{n.national}",
    "a slash": lambda n: _split(f"{n.prefix}{n.national}", 4, by="/"),
    "plus and a slash": lambda n: f"+{n.code} {_split(n.national, 3, by='/')}",
    "plus and a late slash": lambda n: f"+{n.code} {_split(n.national, len(n.national) - 3, by='/')}",
    "code twice": lambda n: f"+{n.code}{n.code}{n.national}",
    "code twice, no plus": lambda n: f"{n.code}{n.code}{n.national}",
    "code twice, 00": lambda n: f"+{n.code}00{n.code}{n.national}",
    "plus and 00": lambda n: f"+00{n.code}{n.national}",
    "00": lambda n: f"00{n.code}{n.national}",
    "00 and a zero": lambda n: f"00{n.code}(0){n.national}",
    "dialled abroad": lambda n: f"{n.abroad}{n.code}{n.national}",
    "dialled abroad, spaces": lambda n: f"{n.abroad} {n.code} {_split(n.national, 2, 5)}",
    "a zero and the code": lambda n: f"0{n.code}{n.national}",
    "(2)": lambda n: f"{n.e164} (2)",
    "(2), close": lambda n: f"{n.outside}(2)",
    "(12)": lambda n: f"{n.inside} (12)",
    "(2) inside": lambda n: f"{n.inside} (2)",
    "[1]": lambda n: f"{n.outside} [1]",
    "[1] inside": lambda n: f"{n.inside}[1]",
    "(#1)": lambda n: f"{n.e164} (#1)",
    "- 2": lambda n: f"{n.outside} - 2",
    "- 2 inside": lambda n: f"{n.inside} - 2",
    "-2": lambda n: f"{n.e164}-2",
    "en dash 2": lambda n: f"{n.inside} \u2013 2",
    "/8": lambda n: f"{n.outside}/8",
    "/8 inside": lambda n: f"{n.inside}/8",
    "/89": lambda n: f"{n.inside}/89",
    "/890": lambda n: f"{n.inside}/890",
    "/8901": lambda n: f"{n.e164} / 8901",
    " 2": lambda n: f"{n.inside} 2",
    "_2": lambda n: f"{n.e164}_2",
    ".1": lambda n: f"{n.e164}.1",
    ", 2": lambda n: f"{n.inside}, 2",
    "; 2": lambda n: f"{n.inside}; 2",
    ": 2": lambda n: f"{n.inside}: 2",
    "#2": lambda n: f"{n.inside} #2",
    "*2": lambda n: f"{n.inside}*2",
    "superscript": lambda n: f"{n.e164}\u00b2",
    "ext 5": lambda n: f"{n.outside} ext 5",
    "ext. 5 inside": lambda n: f"{n.inside} ext. 5",
    "x2": lambda n: f"{n.e164}x2",
    ";ext=5": lambda n: f"tel:{n.e164};ext=5",
    "(WA)": lambda n: f"{n.inside} (WA)",
    "WA behind": lambda n: f"{n.outside} WA",
    "(WA) (2)": lambda n: f"{n.inside} (WA) (2)",
    "a name behind": lambda n: f"{n.inside} (Ali)",
    "/ second number": lambda n: f"{n.inside} / second number",
    "1. before": lambda n: f"1. {n.inside}",
    "1) before": lambda n: f"1) {n.inside}",
    "(1) before": lambda n: f"(1) {n.inside}",
    "#3 before": lambda n: f"#3 {n.inside}",
    "8 - before": lambda n: f"8 - {n.national}",
    "dots": lambda n: _split(f"{n.prefix}{n.national}", 3, 6, by="."),
    "pairs": lambda n: _split(f"{n.prefix}{n.national}", 2, 4, 6, 8),
    "pairs, dots": lambda n: _split(f"{n.prefix}{n.national}", 2, 4, 6, 8, by="."),
    "comma inside": lambda n: f"+{n.code} {_split(n.national, 3, by=', ')}",
    "float": lambda n: f"{n.code}{n.national}.0",
    "float of an inside one": lambda n: f"{n.national}.0",
    "float with a plus": lambda n: f"{n.e164}.0",
    "float, comma": lambda n: f"{n.code}{n.national},00",
    "thousands": lambda n: f"{int(n.code + n.national):,}",
    "thousands, dots": lambda n: f"{int(n.code + n.national):,}.00".replace(",", " ").replace(" ", "."),
    "scientific, whole": lambda n: f"{int(n.code + n.national):.{len(n.code + n.national) - 1}e}",
    "scientific, cut": lambda n: f"{int(n.code + n.national):.4e}",
    "scientific, cut, inside": lambda n: f"{int(n.national):.3e}",
    "lost zero": lambda n: str(int(n.national)),
    "full width": lambda n: _digits(0xFF10)(n.e164).replace("+", "\uff0b"),
    "full width inside": lambda n: _digits(0xFF10)(n.inside),
    "Arabic": lambda n: _digits(0x0660)(n.e164),
    "Persian inside": lambda n: _digits(0x06F0)(n.inside),
    "Devanagari": lambda n: _digits(0x0966)(n.code + n.national),
    "apostrophe": lambda n: f"'{n.code}{n.national}",
    "apostrophe inside": lambda n: f"'{n.inside}",
    "formula": lambda n: f'="{n.e164}"',
    "invisible marks": lambda n: f"\u202a{n.outside}\u202c",
    "no-break spaces": lambda n: n.outside.replace(" ", "\u00a0"),
    "no-break hyphens": lambda n: n.inside.replace("-", "\u2011"),
    "wa.me": lambda n: f"https://wa.me/{n.code}{n.national}",
    "wa.me inside": lambda n: f"wa.me/{n.prefix}{n.national}",
    "whatsapp:": lambda n: f"whatsapp:{n.e164}",
    "WhatsApp address": lambda n: f"{n.code}{n.national}@s.whatsapp.net",
    "api.whatsapp": lambda n: f"https://api.whatsapp.com/send?phone={n.code}{n.national}&text=x",
    "label": lambda n: f"Mobile: {n.inside}",
    "p:": lambda n: f"p:{n.e164}",
    "brackets": lambda n: f"(+{n.code}) {n.national}",
    "area in brackets": lambda n: f"+{n.code} ({n.prefix}{n.national[:2]}) {n.national[2:]}",
    "twice": lambda n: f"{n.e164} / {n.inside}",
    "two lines": lambda n: f"{n.e164}\n{n.inside}",
    "plus and inside": lambda n: f"+{n.code} {n.inside}",
    "twice the plus": lambda n: f"++{n.code}{n.national}",
    "trailing plus": lambda n: f"{n.code}{n.national}+",
    "underscores": lambda n: _split(n.e164, 4, 7, by="_"),
    "a dash and a second number": lambda n: f"{n.inside} - {n.national[::-1]}",
    "a second number behind a plus": lambda n: f"{n.e164}+{n.code}{n.national[::-1]}",
    "mobile in German": lambda n: f"Handy {n.inside}",
    "mobile in Russian": lambda n: f"моб. {n.inside}",
    "mobile in Arabic": lambda n: f"جوال {n.national}",
    "sms:": lambda n: f"sms:{n.e164}",
    "a catalogue": lambda n: f"https://wa.me/c/{n.code}{n.national}",
    "a trailing plus inside": lambda n: f"{n.prefix}{n.national}+",
    "letters for digits": lambda n: n.e164.replace("0", "O"),
    "masked": lambda n: f"{n.inside[:-3]}***",
    "a name before": lambda n: f"Ali {n.inside}",
    "a fraction": lambda n: f"0.{n.national}",
    "a blank of Braille": lambda n: f"\u2800{n.inside}",
    "a digit too many": lambda n: f"{n.e164}/{n.national[-1]}",
}  # fmt: skip
