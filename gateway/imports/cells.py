"""What single cells mean: a phone number, a yes or no, a language, a date."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway import phones
from gateway.imports.fault import RowFault


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Invisible marks that programs put around numbers copied from contacts and chats.
_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0xAD]
)
_WRAPPED = re.compile(r"^=?\s*[\"'\u2018\u2019`]*|[\"'\u2019`]*$")
_ADDRESS = re.compile(r"@(s\.whatsapp\.net|c\.us)$", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d*)?e[+]?\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"(\d{7,15})[.,]0+")
_EXTENSION = re.compile(
    r"(\d)[\s.,;()-]*(ext(ension|n)?|x|#|samb(ungan)?|durchwahl)[\s.:]*\d+\W*$", re.IGNORECASE
)
_APART = re.compile(r"[/;|,&\n\r]|:::|\s(?:or|and|atau|dan|oder|o|y)\s", re.IGNORECASE)
_TWO = re.compile(r"\+?\d[\d-]{8,}\s+\+?\d[\d-]{8,}$")
_PLAIN = re.compile(r"[+\uff0b]*[\d\s().\-\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d/\[\]_~]*")
_SEVERAL_DIGITS = 6
# The common case, in which there is nothing to find out.
_SIMPLE = re.compile(r"\+?\(?\d(?:[\d ()-]|\.(?!0+$))*", re.ASCII)
_SEPARATORS = str.maketrans("", "", "+ ().-")
_TWO_NUMBERS = 14

_YES = _words("""
    yes y true t 1 x on ya benar setuju ja oui si sim ok agree agreed optin optedin subscribed ✓ ✔ 是 有 同意
""")
_NO = _words("""
    no n false f 0 off tidak tak tiada nein non não nao optout optedout unsubscribed declined ✗ ✘
    否 无 無 不同意
""")

# As the API takes it in Lead.language.
_LANGUAGE = re.compile(r"([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,5})?")

_DAYS_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:[,\s]+(.*))?")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?:[T,\s]+(.*))?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(am|pm|a\.m\.|p\.m\.)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
# Days since then are what Excel keeps of a date.
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")
_NOON = 12


def phone(cell: str, notation: phones.Notation) -> str:
    """The number in E.164. Raises `RowFault`, with a reason for each way it can be wrong."""
    text = cell.strip()
    digits = text.translate(_SEPARATORS)
    if not (_SIMPLE.fullmatch(text) and len(digits) < _TWO_NUMBERS):
        text = _bare(cell)
        digits = "".join(str(int(character)) for character in text if character.isdecimal())
    try:
        return notation.normalised(digits, plus=text[:1] in ("+", "\uff0b"))
    except phones.PhoneError as error:
        raise RowFault(error.reason, f"phone: {error}") from None


def _bare(cell: str) -> str:
    """The number without what programs and people put around it."""
    text = _WRAPPED.sub("", cell.translate(_INVISIBLE).strip()).strip()
    text = re.sub(r"^tel[.:]\s*", "", text, flags=re.IGNORECASE)
    if _ADDRESS.search(text):
        text = "+" + _ADDRESS.sub("", text).lstrip("+")
    if decimal := _DECIMAL.fullmatch(text):
        text = decimal[1]
    _refuse(text)
    return text.lstrip(" ([\uff08")


def _refuse(text: str) -> None:
    if not text:
        raise RowFault("PHONE_EMPTY", "phone: is empty")
    if _SCIENTIFIC.fullmatch(text):
        raise RowFault(
            "PHONE_SCIENTIFIC",
            "phone: was cut by Excel (as in 6.01E+10) and its digits are lost; format the column as text in"
            " the original list, and export it again",
        )
    if _EXTENSION.search(text):
        raise RowFault(
            "PHONE_EXTENSION", "phone: has an extension, where WhatsApp cannot be; give a mobile number"
        )
    parts = _APART.split(text)
    if sum(_digits(part) >= _SEVERAL_DIGITS for part in parts) > 1 or _TWO.search(text):
        raise RowFault(
            "PHONE_SEVERAL", "phone: has several numbers in one cell; keep one, or make a row of each"
        )
    if any(character.isalpha() for character in text):
        raise RowFault("PHONE_LETTERS", "phone: contains letters; give digits only")
    if not _PLAIN.fullmatch(text) or not _digits(text):
        raise RowFault("PHONE_CHARACTERS", "phone: contains characters that no number has; give digits only")


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def agreed(cell: str) -> bool | None:
    """Yes or no; None for an empty cell. Raises `RowFault`."""
    word = "".join(cell.casefold().split()).replace("-", "").replace("_", "")
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise RowFault("CONSENT", "consent: is neither yes nor no; write one of them, or leave it empty")


def language(cell: str) -> str:
    """A tag of BCP 47, also of one written as programs write locales (`ms_MY`). Raises `RowFault`."""
    tag = cell.strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise RowFault(
            "LANGUAGE",
            "language: is no language tag; write one of BCP 47 such as ms, en or zh-Hant, or leave it empty",
        )
    return tag


def moment(cell: str, zone: ZoneInfo, *, month_first: bool) -> datetime:
    """A date, with or without a time; `zone` where it names none. Raises `RowFault`."""
    try:
        return _moment(cell.strip(), zone, month_first=month_first).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowFault(
            "CONSENT_TIME", "consent_time: is no date; write it as 2026-01-31, or 2026-01-31 14:05"
        ) from None


def _moment(text: str, zone: ZoneInfo, *, month_first: bool) -> datetime:
    if _SERIAL.fullmatch(text):
        return (_EXCEL + timedelta(days=float(text))).replace(tzinfo=zone)
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, clock = int(found[1]), int(found[2]), int(found[3]), found[4]
    elif found := _DAYS_FIRST.fullmatch(text):
        day, month, year, clock = int(found[1]), int(found[2]), int(found[3]), found[4]
        if month_first:
            day, month = month, day
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
    else:
        raise ValueError(text)
    return _timed(datetime(year, month, day, tzinfo=zone), clock or "")


def _timed(day: datetime, clock: str) -> datetime:
    if not clock.strip():
        return day
    found = _CLOCK.fullmatch(clock.strip())
    if found is None:
        raise ValueError(clock)
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        hour = hour % _NOON + (_NOON if found[4][0] in "pP" else 0)
    timed = day.replace(hour=hour, minute=minute, second=second)
    if found[5]:
        zone = "+00:00" if found[5].upper() in ("Z", "UTC") else found[5]
        timed = datetime.strptime(f"{timed:%Y-%m-%d %H:%M:%S}{zone}", "%Y-%m-%d %H:%M:%S%z")
    return timed
