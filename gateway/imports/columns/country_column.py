"""The column of countries, where a list has no column of their codes: `País`, `Billing Country`.

A local number of such a row is one of that country. Read as one of the account's country it could be
somebody else's.
"""

from collections.abc import Sequence

from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import Words
from gateway.phones import notation_of

_TITLES = Words(
    "country countries land lander pays pais paises paese negara ulke kraj zeme krajina zemlja drzava salis riik valsts"
    " страна країна краіна држава държава елкилдик ел мамлакат olke davlat الدوله البلد دوله بلد كشور ملك देश দেশ நாடு"
    " 国家 國家 国 國 地区 地區 国名 나라 국가 국적 ประเทศ quocgia nuoc ארץ מדינה χωρα maa orszag tara nchi bansa negeri"
)
# Whose country it is, and the like; with any other word it may be that of a birth or of a journey.
_BESIDE = frozenset(
    "home billing shipping mailing default address primary residence region state contact customer phone mobile of"
    " iso business company work other asal tempat tinggal name code de la di da del der des zip lead person account"
    " addr location current delivery 1 2".split()
)
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
    said = words(header[:_LONGEST])
    found = _TITLES.found(said)
    return bool(found) and all(place in found or word in _BESIDE for place, word in enumerate(said))


def _has_countries(sample: Sequence[Sequence[str]], index: int) -> bool:
    cells = {row[index].strip() for row in sample[:_MOST] if index < len(row)} - {""}
    known = sum(notation_of(cell) is not None for cell in cells)
    return bool(known) and 2 * known >= len(cells)
