"""The column of countries, where a list has no column of their codes: `País`, `Billing Country`.

A local number of such a row is one of that country. Read as one of the account's country it could be
somebody else's.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import Words
from gateway.phones import notation_of

_FILE: dict[str, str] = tomllib.loads(Path(__file__).with_name("countries.toml").read_text(encoding="utf-8"))
_TITLES, _BESIDE = Words(_FILE["country"]), Words(_FILE["beside"])
_COUNTRY = "country"
_LONGEST = 60
# Cells that are looked at.
_MOST = 50


def find_country(
    headers: Sequence[str], fields: Sequence[str], sample: Sequence[Sequence[str]]
) -> int | None:
    """Of the attributes the first that is called a country, and whose cells are some."""
    if "country_code" in fields:
        return None
    return next(
        (
            index
            for index, header in enumerate(headers)
            if fields[index].startswith("attr.") and _is_title(header) and _has_countries(sample, index)
        ),
        None,
    )


def _is_title(header: str) -> bool:
    said = [part for word in words(header[:_LONGEST]) for part in _parted(word)]
    if "".join(said) in _TITLES.whole:
        # `Quốc gia`, in two words.
        return True
    found = _TITLES.found(said)
    return bool(found) and all(place in found or word in _BESIDE for place, word in enumerate(said))


def _parted(word: str) -> tuple[str, ...]:
    """`MAILINGCOUNTRY`, without a capital that parts the two words."""
    before = word.removesuffix(_COUNTRY)
    return (before, _COUNTRY) if before != word and before in _BESIDE else (word,)


def _has_countries(sample: Sequence[Sequence[str]], index: int) -> bool:
    cells = {row[index].strip() for row in sample[:_MOST] if index < len(row)} - {""}
    known = sum(notation_of(cell) is not None for cell in cells)
    return bool(known) and 2 * known >= len(cells)
