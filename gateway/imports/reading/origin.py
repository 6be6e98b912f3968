"""In which languages a file is written: by the titles of its columns, and by the countries of its numbers."""

import re
from collections import Counter

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from gateway.imports.columns import titles
from gateway.imports.reading import alphabets

_TITLE_LINES = 20
_LONGEST_HEADER = 4096
_CELLS = re.compile(r'[,;\t|"\r\n]+')
_INTERNATIONAL = re.compile(r"(?<![0-9])(?:\+|00)([1-9][0-9]{7,13})(?![0-9])")
_LOCAL = re.compile(r"(?<![0-9+])0[1-9][0-9]{6,11}(?![0-9])")
_SIGNS = str.maketrans("", "", " -.()/\u00a0")
_MOST_NUMBERS = 200
# In Latin letters too.
_ALSO = {"sr": frozenset({"hr"}), "bs": frozenset({"hr"})}


def titled(text: str) -> list[str]:
    """The titles of columns in the first lines that some language knows."""
    head = "\n".join(text[:_LONGEST_HEADER].splitlines()[:_TITLE_LINES])
    return [cell for cell in map(str.strip, _CELLS.split(head)) if titles.languages(cell)]


def languages(known_titles: list[str], head: str, country: str) -> frozenset[str]:
    """The languages that most of the evidence speaks for; empty without evidence.

    `head`: the beginning of the file, of which only ASCII is read. `country`: that of its local numbers.
    """
    found: Counter[str] = Counter()
    for title in known_titles:
        # Programs title columns in English for everybody; `Name` is German too, and says nothing.
        spoken_by = titles.languages(title)
        found.update(() if "en" in spoken_by else spoken_by)
    found.update(_of_numbers(head, country))
    most = max(found.values(), default=0)
    spoken = frozenset(language for language, count in found.items() if count == most)
    return spoken.union(*(_ALSO.get(each, frozenset()) for each in spoken))


def _of_numbers(head: str, country: str) -> Counter[str]:
    """Each language of a country to which most numbers belong, once."""
    text = head.translate(_SIGNS)
    regions: Counter[str] = Counter()
    numbers = _INTERNATIONAL.findall(text)[:_MOST_NUMBERS]
    for number in numbers:
        code = next((int(number[:n]) for n in (1, 2, 3) if int(number[:n]) in COUNTRY_CODE_TO_REGION_CODE), 0)
        regions.update(COUNTRY_CODE_TO_REGION_CODE.get(code, ()))
    if not numbers and country and _LOCAL.search(text):
        regions[country] = 1
    total = max(1, len(numbers))
    spoken: set[str] = set()
    for region, count in regions.items():
        if 2 * count > total:
            spoken |= alphabets.languages_of(region)
    return Counter(spoken)
