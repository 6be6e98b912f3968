"""From a cell to a phone number, as programs and people write numbers."""

import re
from collections.abc import Sequence

from gateway import phones
from gateway.imports.cells.label import without_labels
from gateway.imports.errors import RowError
from gateway.phones import Written, writings

_PICTURES = (0x260E, 0x1F4DE, 0x1F4F1, 0x1F4F2)
# Fillers and blanks that are no spaces for Unicode.
_BLANKS = (0x34F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0xFFFC)
# Invisible marks that programs put around numbers copied from contacts and chats; pictures of phones.
_INVISIBLE = dict.fromkeys(
    [
        *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10), 0xFEFF, 0xAD, 0x61C, *_BLANKS, *_PICTURES,
    ]
)  # fmt: skip
# With what else is left of a list or a sentence; neither begins or ends a number.
_BEFORE = "\"'\u2018\u2019\u00b4`<,;:"
_BEHIND = "\"'\u2019\u00b4`>,;:?!"
_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/(?:c/)?|(?:(?:api|web|chat)\.)?whatsapp\.com/send/?\?(?>(?:\S*?&)??phone=)"
    r"|whatsapp://send/?\?(?>(?:\S*?&)??phone=))(?:\+|%2b)?(\d(?:(?:-|%20)?\d)*)(?:[/?&#].*)?",
    re.IGNORECASE | re.ASCII,
)
_OF_LINKS = re.compile("-|%20")
_ADDRESS = re.compile(r"\+?(\d+)(?:[.:]\d+)*@(?:s\.whatsapp\.net|c\.us)", re.IGNORECASE | re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?(\d+)(?:[.,](\d*))?e[+]?(\d+)", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"(\+?[\d ()-]*\d{4})[.,]0+")
# As Excel shows a number in thousands: `60,123,456,789`, `123.456.789,00`.
_THOUSANDS = re.compile(r"(\d{1,3}(?:([.,'\u2019\s])\d{3})(?:\2\d{3})+)(?:(?!\2)[.,]0+)?")
_EXTENSION = re.compile(
    r"(\d)[\s.,;()-]*(ext(ension|n)?|x|#|samb(ungan)?|durchwahl)[\s.:=]*\d+\W*$", re.IGNORECASE
)
_APART = re.compile(
    r":::|[/\\;|,&\n\r\u060c\u061b\u3001\uff0c\uff0f\uff1b\u00b7\u2022]|\s[-\u2010-\u2015]\s"
    r"|\s(?:or|and|atau|dan|oder|und|o|y|e|ou|et|ve|veya|lub|i|of|en|og|och|или|и)\s",
    re.IGNORECASE,
)
# Of Google Contacts: several numbers of one person.
_ONE_PERSON = ":::"
_TWO = re.compile(r"(\+?\d[\d-]{8,})\s+(\+?\d[\d-]{8,})")
_PLAIN = re.compile(
    r"[\s(\[\uff08]*+[+\uff0b]*+[\d\s().\-\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d/\[\]_~]*+"
)
_BEGUN = re.compile(r"\+?\d[\d .-]{4,40}\d", re.ASCII)
_SEVERAL_DIGITS = 6
# The common case, in which there is nothing to find out: no mark of one digit, nothing in brackets.
_SIMPLE = re.compile(r"\+?\d+(?:[ -]\d{2,})*", re.ASCII)
_SEPARATORS = str.maketrans("", "", "+ -")
_TWO_NUMBERS = 14
# A link with a text that somebody may send, or the numbers of a family: what is longer is no phone number,
# and the patterns above need not look at it.
_LONGEST = 1000
_MOST_NUMBERS = 10
# Longest number there is; no power of ten above it means anything.
_MOST_DIGITS = 15
# What is dialled before it.
_MOST_PREFIX = 5
# Of the readings of one number.
_MOST_NAMED = 3


def read_phone(cell: str, notation: phones.Notation, *, with_lines: bool = False) -> str:
    """The number in E.164. `with_lines`: fixed lines will do. Raises `RowError`, a reason for each fault."""
    if len(cell) > _LONGEST:
        raise RowError("PHONE_TOO_LONG", f"phone: is longer than {_LONGEST} characters; give one number")
    text = cell.strip()
    digits = text.translate(_SEPARATORS)
    if len(digits) < _TWO_NUMBERS and _SIMPLE.fullmatch(text):
        return _read([Written(digits, text[0] == "+")], notation, with_lines=with_lines)
    text = _unwrapped(cell)
    several = _several(text)
    return (
        _of_several(several, text, notation, with_lines=with_lines)
        if several
        else _single(text, notation, with_lines=with_lines)
    )


def _single(text: str, notation: phones.Notation, *, with_lines: bool) -> str:
    text = text.strip()
    if link := _LINK.fullmatch(text):
        # People put the number there that they dial, too.
        return _read(_either(_OF_LINKS.sub("", link[1])), notation, with_lines=with_lines)
    if notation.countries and (plus := text.removesuffix("+")) != text and text[:1] not in phones.PLUS:
        # In a sheet from right to left the sign stands behind; elsewhere somebody slipped; a country tells.
        digits = writings(plus)[0].digits
        if _PLAIN.fullmatch(plus):
            return _read(_either(digits), notation, with_lines=with_lines)
    text = _bare(text)
    _refuse(text)
    return _read(writings(text), notation, with_lines=with_lines)


def _either(digits: str) -> list[Written]:
    """As an international number, and as one inside the country."""
    return [Written(digits, has_plus=True), Written(digits, has_plus=False)]


def _read(written: Sequence[Written], notation: phones.Notation, *, with_lines: bool) -> str:
    try:
        return notation.read(written, with_lines=with_lines)
    except phones.PhoneError as error:
        raise _refusal(error) from None


def _refusal(error: phones.PhoneError) -> RowError:
    if not error.readings:
        return RowError(error.reason, f"phone: {error}")
    # Whoever corrects the row has to know between which numbers.
    either = " or ".join(error.readings[:_MOST_NAMED])
    return RowError(
        error.reason,
        f"phone: may be {either}, and a guess could reach a stranger; write the one that is meant",
    )


def _unwrapped(cell: str) -> str:
    text = cell.translate(_INVISIBLE).strip().removeprefix("=").lstrip()
    return text.strip().lstrip(_BEFORE).rstrip(_BEHIND).strip()


def _bare(text: str) -> str:
    """The number without what programs and people put around it."""
    if found := _ADDRESS.fullmatch(text):
        return "+" + found[1]
    text = without_labels(text)
    if found := _DECIMAL.fullmatch(text):
        return found[1]
    if found := _THOUSANDS.fullmatch(text):
        return "".join(filter(str.isdecimal, found[1]))
    if found := _SCIENTIFIC.fullmatch(text):
        return _whole(found[1], found[2] or "", int(found[3]), text)
    return text


def _whole(integer: str, fraction: str, power: int, text: str) -> str:
    """`6.0123456789E+10` has all its digits still; `6.01E+10` has not, and stays as it is."""
    is_whole = power <= _MOST_DIGITS and len(fraction) >= power and not fraction[power:].strip("0")
    return integer + fraction[:power] if is_whole else text


def _several(text: str) -> list[str]:
    """The numbers of a cell that has more than one."""
    found = _TWO.fullmatch(text)
    parts = found.groups() if found else _APART.split(text)
    numbers = [part for part in parts if _digits(part) >= _SEVERAL_DIGITS]
    is_one = len(numbers) < 2 or _THOUSANDS.fullmatch(text) or _LINK.fullmatch(text)  # noqa: PLR2004
    return [] if is_one else numbers


def _of_several(parts: list[str], text: str, notation: phones.Notation, *, with_lines: bool) -> str:
    """The one that WhatsApp can be on; of several such, the first only where they are one person's."""
    mobile: dict[str, None] = {}
    lines: dict[str, None] = {}
    # `0301 7654321 (his brother's)`: not the one, but one more.
    doubtful: set[str] = set()
    for part in parts[:_MOST_NUMBERS]:
        try:
            number = _single(part, notation, with_lines=True)
        except RowError as error:
            if error.reason == "PHONE_AMBIGUOUS":
                raise
            doubtful |= _numbers_of(part, notation)
            continue
        (mobile if phones.may_be_mobile(number) else lines)[number] = None
    # What separates two numbers also stands inside of one: `0171/1234567`.
    mobile |= dict.fromkeys(_as_one(text, notation))
    found = list(mobile) or (list(lines) if with_lines else [])
    if found and ((len(found) == 1 and doubtful <= {*found}) or _ONE_PERSON in text):
        return found[0]
    raise RowError(
        "PHONE_SEVERAL",
        "phone: has several numbers in one cell, and not one mobile number among them; keep one, or make a"
        " row of each",
    )


def _numbers_of(part: str, notation: phones.Notation) -> set[str]:
    """The mobile number at the beginning of what else cannot be read."""
    begun = _BEGUN.match(part.strip())
    try:
        found = _single(begun[0], notation, with_lines=False) if begun else ""
    except RowError:
        return set()
    return {found} if found and phones.may_be_mobile(found) else set()


def _as_one(text: str, notation: phones.Notation) -> list[str]:
    """The mobile numbers that all digits together may be."""
    if _digits(text) > _MOST_DIGITS + _MOST_PREFIX:
        return []
    together = _APART.sub(" ", text)
    if not _PLAIN.fullmatch(together):
        return []
    return phones.mobiles(each for written in writings(together) for each in notation.readings(written))


def _refuse(text: str) -> None:
    if not text:
        raise RowError("PHONE_EMPTY", "phone: is empty; write the number")
    if _SCIENTIFIC.fullmatch(text):
        raise RowError(
            "PHONE_SCIENTIFIC",
            "phone: was cut by Excel (as in 6.01E+10) and its digits are lost; format the column as text in"
            " the original list, and export it again",
        )
    if _EXTENSION.search(text):
        raise RowError(
            "PHONE_EXTENSION", "phone: has an extension, where WhatsApp cannot be; give a mobile number"
        )
    # Japanese writes a letter as the hyphen of a number.
    is_plain = bool(_PLAIN.fullmatch(text))
    if not is_plain and any(character.isalpha() for character in text):
        raise RowError("PHONE_LETTERS", "phone: contains letters; give digits only")
    if not is_plain or not _digits(text):
        raise RowError("PHONE_CHARACTERS", "phone: contains characters that no number has; give digits only")


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))
