"""From a cell to a phone number, as programs and people write numbers."""

import re

from gateway import phones
from gateway.imports.errors import RowError

_PICTURES = (0x260E, 0x1F4DE, 0x1F4F1, 0x1F4F2)
# Invisible marks that programs put around numbers copied from contacts and chats; pictures of phones.
_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0xFE0F, 0xAD, *_PICTURES]
)
_QUOTES_BEFORE = "\"'\u2018\u2019`"
_QUOTES_BEHIND = "\"'\u2019`"
# What people and Facebook (`p:+60…`) write before a number or, in brackets, after it.
_KIND = (
    r"(?:p|ph|phone|tel|telp|telefon|telephone|hp|h/p|h\.p|handphone|m|mob|mobile|cell|bimbit|whatsapp|wa)"
)
_LABEL = re.compile(rf"^(?:no\.?\s*)?{_KIND}(?:\s*[.:]+\s*|\s+(?=[+\d(]))", re.IGNORECASE)
_LABEL_BEHIND = re.compile(rf"[(\[]\s*{_KIND}\s*[)\]]$", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/|(?:(?:api|web|chat)\.)?whatsapp\.com/send/?\?(?>(?:\S*?&)??phone=)"
    r"|whatsapp://send/?\?(?>(?:\S*?&)??phone=))(?:\+|%2b)?(\d+)(?:[/?&#].*)?",
    re.IGNORECASE | re.ASCII,
)
_ADDRESS = re.compile(r"\+?(\d+)(?:[.:]\d+)*@(?:s\.whatsapp\.net|c\.us)", re.IGNORECASE | re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?(\d+)(?:[.,](\d*))?e[+]?(\d+)", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"(\d{7,15})[.,]0+")
# As Excel shows a number in thousands: `60,123,456,789`, `123.456.789,00`.
_THOUSANDS = re.compile(r"(\d{1,3}(?:([.,'\u2019\s])\d{3})(?:\2\d{3})+)(?:[.,]0+)?")
_EXTENSION = re.compile(
    r"(\d)[\s.,;()-]*(ext(ension|n)?|x|#|samb(ungan)?|durchwahl)[\s.:=]*\d+\W*$", re.IGNORECASE
)
_APART = re.compile(r":::|[/;|,&\n\r]|\s(?:or|and|atau|dan|oder|o|y)\s", re.IGNORECASE)
# Of Google Contacts: several numbers of one person.
_ONE_PERSON = ":::"
_TWO = re.compile(r"(\+?\d[\d-]{8,})\s+(\+?\d[\d-]{8,})")
_PLAIN = re.compile(
    r"[\s(\[\uff08]*+[+\uff0b]*+[\d\s().\-\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d/\[\]_~]*+"
)
_SEVERAL_DIGITS = 6
# The common case, in which there is nothing to find out.
_SIMPLE = re.compile(r"\+?\(?\d(?:[\d ()-]|\.(?!0+$))*", re.ASCII)
_SEPARATORS = str.maketrans("", "", "+ ().-")
_TWO_NUMBERS = 14
# A link with a text that somebody may send, or the numbers of a family: what is longer is no phone number,
# and the patterns above need not look at it.
_LONGEST = 1000
_MOST_NUMBERS = 10
# Longest number there is; no power of ten above it means anything.
_MOST_DIGITS = 15


def read_phone(cell: str, notation: phones.Notation) -> str:
    """The number in E.164. Raises `RowError`, with a reason for each way a number can be wrong."""
    if len(cell) > _LONGEST:
        raise RowError("PHONE_TOO_LONG", f"phone: is longer than {_LONGEST} characters; give one number")
    text = cell.strip()
    digits = text.translate(_SEPARATORS)
    if _SIMPLE.fullmatch(text) and len(digits) < _TWO_NUMBERS:
        return _normalised(digits, notation, plus=text[0] == "+")
    text = _unwrapped(cell)
    several = _several(text)
    return _of_several(several, text, notation) if several else _single(text, notation)


def _single(text: str, notation: phones.Notation) -> str:
    text = _bare(text)
    _refuse(text)
    text = text.lstrip(" ([\uff08")
    digits = "".join(str(int(character)) for character in text if character.isdecimal())
    return _normalised(digits, notation, plus=text[:1] in ("+", "\uff0b"))


def _normalised(digits: str, notation: phones.Notation, *, plus: bool) -> str:
    try:
        return notation.normalised(digits, plus=plus)
    except phones.PhoneError as error:
        raise RowError(error.reason, f"phone: {error}") from None


def _unwrapped(cell: str) -> str:
    text = cell.translate(_INVISIBLE).strip().removeprefix("=").lstrip()
    return text.lstrip(_QUOTES_BEFORE).rstrip(_QUOTES_BEHIND).strip()


def _bare(text: str) -> str:
    """The number without what programs and people put around it."""
    text = text.strip()
    if found := _LINK.fullmatch(text) or _ADDRESS.fullmatch(text):
        return "+" + found[1]
    text = _LABEL_BEHIND.sub("", _LABEL.sub("", text)).strip()
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


def _of_several(parts: list[str], text: str, notation: phones.Notation) -> str:
    """The one that WhatsApp can be on; of several such, the first only where they are one person's."""
    good: list[str] = []
    for part in parts[:_MOST_NUMBERS]:
        try:
            good.append(_single(part, notation))
        except RowError:
            continue
    mobile = [number for number in dict.fromkeys(good) if phones.may_be_mobile(number)]
    if mobile and (len(mobile) == 1 or _ONE_PERSON in text):
        return mobile[0]
    if len(set(good)) == 1 or (good and _ONE_PERSON in text):
        return good[0]
    raise RowError(
        "PHONE_SEVERAL",
        "phone: has several numbers in one cell, and not one mobile number among them; keep one, or make a"
        " row of each",
    )


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
    if any(character.isalpha() for character in text):
        raise RowError("PHONE_LETTERS", "phone: contains letters; give digits only")
    if not _PLAIN.fullmatch(text) or not _digits(text):
        raise RowError("PHONE_CHARACTERS", "phone: contains characters that no number has; give digits only")


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))
