"""The country that a cell names: by its letters, its calling code, its name or its flag."""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

import phonenumbers

from gateway.phones.notation import Notation

# Of lists that people write; each has its names for all countries.
_LANGUAGES = (
    "en", "ms", "id", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "hr", "el",
    "tr", "ru", "uk", "sv", "da", "nb", "fi", "zh", "zh_Hant", "ja", "ko", "th", "vi", "fil", "hi", "bn",
    "ta", "ur", "fa", "ar", "he", "sw",
)  # fmt: skip
_FURTHER = Path(__file__).with_name("countries.toml")
_KEPT = 4096
# With what stands around it. Only short texts are kept.
_LONGEST = 100
_AROUND = " \t\r\n'\"\u2018\u2019"
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FLAG_A = 0x1F1E6
# `+44 (0)`
_ZERO = re.compile(r"[(\[]0[)\]]")
_CODE = re.compile(r"(\+|\b00\s?)?(1[- ]\d{3}|\d{1,4})(?:[.,]0+)?(?!\d)", re.ASCII)
_APART = re.compile(r"[()\[\]/|,;:]|\s[-\u2013\u2014]\s")
_LETTERS = re.compile(r"[A-Za-z](?:\.?[A-Za-z]){1,2}\.?")
_ARTICLE = re.compile(r"^the\s", re.IGNORECASE)
_INVERTED = re.compile(r"\bof(?: the)?[)\s]*$", re.IGNORECASE)
_NUMERIC = 3
# `1246`: the code of North America, and an area in it. Its countries write numbers alike.
_NORTH_AMERICA = re.compile(r"1[- ]?\d{3}", re.ASCII)


def notation_of(cell: str) -> Notation | None:
    """How numbers are written in the country that a cell names; None where no country is understood."""
    return _notation_of(unicodedata.normalize("NFKC", cell).strip(_AROUND)) if len(cell) <= _LONGEST else None


@lru_cache(maxsize=_KEPT)
def _notation_of(cell: str) -> Notation | None:
    meant = list(_meant(cell))
    regions = set[str]().union(*meant[:1]).intersection(*meant)
    codes = {phonenumbers.country_code_for_region(region) for region in regions}
    mains = {phonenumbers.region_code_for_country_code(code) for code in codes}
    # Of the countries of one code all write alike, but for the numbers inside a small one.
    chosen = regions if len(regions) == 1 else mains
    return Notation(*sorted(chosen)) if chosen else None


def _meant(cell: str) -> Iterator[set[str]]:
    """The regions that each part of a cell may stand for; empty sets are parts that nobody understands."""
    for flag in _FLAG.findall(cell):
        yield _of_letters("".join(chr(ord(each) - _FLAG_A + ord("A")) for each in flag))
    cell = _ZERO.sub(" ", _FLAG.sub(" ", cell))
    for sign, digits in _CODE.findall(cell):
        yield _of_digits(digits, is_calling=bool(sign))
    text = _CODE.sub(" ", cell).strip(" +-()[].")
    if not text:
        return
    if whole := _of_text(text):
        yield whole
        return
    yield from (_of_text(part.strip()) for part in _APART.split(text) if part.strip(" -.+"))


def _of_digits(digits: str, *, is_calling: bool) -> set[str]:
    code = int("1" if _NORTH_AMERICA.fullmatch(digits) else digits)
    found = set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ()))
    if not is_calling and len(digits) == _NUMERIC:
        # `458` is Malaysia in ISO 3166.
        found |= _aliases(digits)
    return found & phonenumbers.SUPPORTED_REGIONS


def _of_text(text: str) -> set[str]:
    if _LETTERS.fullmatch(text) and (found := _of_letters(text.replace(".", "").upper())):
        return found
    names = _named()
    forms = map(squeezed, (text, _turned(text), _ARTICLE.sub("", text)))
    return next((names[form] for form in forms if form in names), set())


def _turned(text: str) -> str:
    """`Tanzania, United Republic of` and `Iran (Islamic Republic of)` turned round, as ISO has them."""
    name, _, before = text.replace("(", ",").partition(",")
    return f"{before} {name}" if _INVERTED.search(before) else text


def _of_letters(code: str) -> set[str]:
    return ({code} | _aliases(code)) & phonenumbers.SUPPORTED_REGIONS


def _aliases(code: str) -> set[str]:
    """`UK`, `SGP`, `458`: what else CLDR knows as the code of a country."""
    from babel.core import get_global  # noqa: PLC0415 - for files with countries only

    return set(get_global("territory_aliases").get(code, ()))


def load_countries() -> None:
    """Reads the names, which takes some tenths of a second; else the first cell does."""
    _named()


@cache
def _named() -> dict[str, set[str]]:
    from babel import Locale  # noqa: PLC0415

    found = defaultdict[str, set[str]](set)
    for region, names in tomllib.loads(_FURTHER.read_text(encoding="utf-8")).items():
        for name in names.split():
            found[name].add(region)
    for language in _LANGUAGES:
        for region, name in Locale.parse(language).territories.items():
            if region in phonenumbers.SUPPORTED_REGIONS:
                for form in _forms(name):
                    found[form].add(region)
    return dict(found)


def _forms(name: str) -> set[str]:
    """`Myanmar (Burma)` is each of both; `&` may be written in letters."""
    shorter = re.sub(r"\(.*\)", "", name)
    whole = name.replace("&", "and").replace("St.", "Saint")
    return {squeezed(each) for each in (name, shorter, whole)}


def squeezed(name: str) -> str:
    """`Côte d’Ivoire` as `cotedivoire`."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return unicodedata.normalize("NFC", "".join(filter(_counts, decomposed)))


def _counts(character: str) -> bool:
    # Marks that make a letter of Hindi or Thai stay; accents go, and what Arabic seldom writes.
    is_letter = character > "\u036f" and not "\u064b" <= character <= "\u065f"
    return character.isalnum() or (is_letter and unicodedata.category(character)[0] == "M")
