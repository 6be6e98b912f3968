"""A country is known by its codes, names and flag; what is not understood is no country."""

import pytest

from gateway.phones import Written, notation_of
from gateway.phones.countries import _LANGUAGES, _meant

CELLS = {
    "MY": (
        "my", "MYS", "458", "60", "+60", "60.0", "0060", "(+60)", "\U0001f1f2\U0001f1fe", "Malaysia",
        "MALAYSIA", "MY +60", "Malaysia (+60)", "\U0001f1f2\U0001f1fe Malaysia", "Malaysia - MY", "马来西亚",
        "マレーシア",
    ),
    "SG": ("SG", "SGP", "702", "65.0", "65,0", "(+65)", "Singapore", "Singapura", "新加坡", "Сингапур"),
    "ID": ("Indonesia", "IDN", "indonésie", "Индонезия", "62", "+62 (0)"),
    "DE": ("Germany", "Jerman", "Deutschland", "Allemagne", "Alemania", "Niemcy", "Duitsland", "Almanya"),
    "GB": ("UK", "U.K.", "GBR", "United Kingdom", "England", "Großbritannien", "+44 (0)", "44"),
    "US": ("USA", "U.S.A.", "United States of America", "Vereinigte Staaten", "+1", "1", "1-246", "+1 868"),
    "KR": ("South Korea", "Korea, Republic of", "Korea Selatan", "대한민국", "KOR"),
    "CI": ("Ivory Coast", "Côte d'Ivoire", "Cote d\u2019Ivoire", "225"),
    "MM": ("Myanmar", "Burma", "Myanmar (Burma)"), "TR": ("Turkey", "Türkiye", "Turki"), "HK": ("Hong Kong",),
    "NL": ("Holland", "Netherlands", "Belanda"), "AE": ("UAE", "Emiriah Arab Bersatu"), "RU": ("Russia", "7"),
    "GG": ("Guernsey", "Guernsey +44"), "VN": ("Viet Nam", "Vietnam"), "CZ": ("Czech Republic", "Czechia"),
    # A code of ISO and one that is dialled; a name that two countries have.
    "IT UA": ("380",), "CD CG": ("Congo",), "UA": ("+380",), "IT": ("IT", "Italia", "39"),
}  # fmt: skip


@pytest.mark.parametrize(("regions", "cell"), [(of, cell) for of, cells in CELLS.items() for cell in cells])
def test_a_country_in_the_ways_it_is_written(regions: str, cell: str) -> None:
    notation = notation_of(cell)
    assert notation is not None
    assert sorted(notation.countries) == regions.split()


@pytest.mark.parametrize(
    "cell",
    [
        "-",
        "n/a",
        "unknown",
        "0",
        "999",
        "XX",
        "MY/SG",
        "MY, SG",
        "+65 Malaysia",
        "Atlantis",
        "x" * 200,
        "?",
        "878",
    ],
)
def test_what_is_no_country_is_none(cell: str) -> None:
    assert notation_of(cell) is None


def test_two_countries_of_one_code_are_told_apart_by_the_number() -> None:
    notation = notation_of("380")
    assert notation is not None
    assert notation.read([Written("0501234567", has_plus=False)]) == "+380501234567"


def test_every_language_has_its_names() -> None:
    assert len(_LANGUAGES) > 30
    assert list(_meant("Ιαπωνία")) == list(_meant("Japonia")) == list(_meant("ญี่ปุ่น")) == [{"JP"}]
