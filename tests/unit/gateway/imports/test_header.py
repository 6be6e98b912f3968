"""Columns are found by what people call them."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports.columns import synonyms
from gateway.imports.columns.attribute_key import attribute_key
from gateway.imports.columns.header import resolve, warnings
from gateway.imports.columns.header_row import find_header
from gateway.imports.errors import FileError
from gateway.imports.fields import FIELDS
from tests.unit.gateway.imports.reading import leads

TITLES = tomllib.loads(Path(synonyms.__file__).with_name("titles.toml").read_text(encoding="utf-8"))


def fields(*headers: str, sample: tuple[tuple[str, ...], ...] = (), **wanted: str) -> tuple[str, ...]:
    return resolve(headers, sample, wanted).fields


@pytest.mark.parametrize(
    "header",
    [
        "phone",
        "Phone Number",
        "phone_number",
        "MOBILE",
        "No. Telefon",
        "nombor telefon",
        "Nombor  Telefon Bimbit",
        "H/P No.",
        "HP",
        "Handphone",
        "tel",
        "Contact No.",
        "WhatsApp No",
        "Téléphone",
        "Teléfono",
        "電話",
        "电话号码",
        "手机号",
        "เบอร์โทร",
        "\ufeffPhone",
    ],
)
def test_a_phone_number_by_any_name(header: str) -> None:
    assert fields("Email", header) == ("attr.email", "phone")


def test_the_likeliest_number_is_taken() -> None:
    assert fields("Home Phone", "Phone", "Mobile Phone") == ("attr.home_phone", "attr.phone", "phone")
    assert fields("Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Value") == (
        "attr.phone_1_label",
        "phone",
        "attr.phone_2_value",
    )


def test_a_header_in_no_list_needs_cells_that_look_so() -> None:
    assert fields("Customer Phone (main)", "x", sample=(("012-3456789", "1"),))[0] == "phone"
    assert fields("No Telefon (HP)", "x", sample=(("12-3456789", ""), ("6.01E+10", "")))[0] == "phone"
    with pytest.raises(FileError, match="found: Phone verified"):
        fields("Phone verified", "x", sample=(("012-3456789", "1"),))
    with pytest.raises(FileError):
        fields("Reachable by phone", "x", sample=(("yes", "1"),))


def test_questions_of_a_form_and_two_languages() -> None:
    questions = ("What is your full name? (as per IC)", "Contact Number (e.g. 012-3456789)")
    assert fields("Timestamp", *questions) == ("attr.timestamp", "name", "phone")
    assert fields("Nama / Name", "No. Tel / Phone No. (wajib)") == ("name", "phone")
    assert fields("First Name (Billing)", "Phone (Billing)") == ("first_name", "phone")
    # What is in brackets may matter.
    assert fields("Phone", "Name (company)") == ("phone", "attr.name_company")


def test_a_header_may_look_like_a_number() -> None:
    sample = (("0123456789", "x", ""),)
    assert fields("Phone", "Name", "20251231", sample=sample) == ("phone", "name", "attr.c_20251231")
    assert fields("Orang", "20251231", Orang="phone") == ("phone", "attr.c_20251231")


def test_columns_that_stand_in() -> None:
    columns = resolve(("Display Name", "First Name", "Last Name", "Home Phone", "Mobile", "Phone"), [], {})
    assert columns.fields[-2:] == ("phone", "attr.phone")
    assert (columns.other_phones, columns.other_names) == ((5, 3), ((1, 2),))
    # Where the caller has said which it is, no other is.
    columns = resolve(columns.headers, [], {"Mobile": "phone", "First Name": "name"})
    assert (columns.other_phones, columns.other_names) == ((), ())


def test_names_whole_or_in_parts() -> None:
    assert fields("First Name", "Last Name", "Phone") == ("first_name", "last_name", "phone")
    assert fields("Name", "First Name", "Phone") == ("name", "attr.first_name", "phone")


def test_everything_else_becomes_an_attribute_of_its_own() -> None:
    assert fields("phone", "Kod Pos", "kod-pos", "", "城市", "2nd", "attr.City", "Café", "x" * 60) == (
        "phone", "attr.kod_pos", "attr.kod_pos_2", "attr.column_4", "attr.column_5", "attr.c_2nd",
        "attr.city",        "attr.cafe", "attr." + "x" * 40,
    )  # fmt: skip


def test_fields_of_ours() -> None:
    headers = ("phone", "trigger", "device", "language", "timezone", "consent", "consent_source",
               "Consent wording", "consent_time",
               "refused_line", "refused_reason", "refused_because")  # fmt: skip
    assert fields(*headers) == (
        "phone", "trigger", "device", "language", "timezone", "consent", "consent_source",
        "consent_wording",        "consent_time", "ignore", "ignore", "ignore",
    )  # fmt: skip


def test_the_same_header_twice() -> None:
    assert fields("phone", "phone", "name", "name") == ("phone", "attr.phone", "name", "attr.name")


def test_what_the_caller_says_comes_first() -> None:
    assert fields("a", "phone", "b", a="phone", b="ignore") == ("phone", "attr.phone", "ignore")
    columns = resolve(["0123456789", "Ali"], [], {"1": "phone", "2": "name"})
    assert (columns.fields, columns.headers) == (("phone", "name"), ())
    with pytest.raises(FileError, match="no column Nope; found: a, phone"):
        fields("a", "phone", Nope="name")


@given(st.text(max_size=80))
def test_every_key_is_one_that_a_text_can_use(header: str) -> None:
    key = attribute_key(header)
    assert key == "" or re.fullmatch("[a-z][a-z0-9_]{0,39}", key)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_no_two_columns_are_the_same_attribute(headers: list[str]) -> None:
    found = fields(*headers, "phone", phone="phone")
    # Several columns may say who may be written to.
    attributes = [field for field in found if field not in ("ignore", "consent", "opt_out")]
    assert len(found) == len(headers) + 1
    assert len(attributes) == len(set(attributes))
    assert all(re.fullmatch(r"attr\.[a-z][a-z0-9_]{0,39}", field) or field in FIELDS for field in found)


LISTS = Path(__file__).parent / "lists_of_names"


@pytest.mark.parametrize(
    ("file", "name"),
    [("cs", "Jiří"), ("fr", "René"), ("it", "Andrea"), ("pl", "Michał"), ("vi", "An")],
)
def test_names_and_numbers_of_lists_in_other_languages(file: str, name: str) -> None:
    assert [found for _, found in leads((LISTS / f"header_{file}.csv").read_bytes())] == [name]


@pytest.mark.parametrize("language", TITLES)
def test_the_titles_of_every_language(language: str) -> None:
    """Each by itself, beside each other, in capitals, and without the marks of its letters."""
    kept = {role: titles.split("|") for role, titles in TITLES[language].items()}
    for phone in kept["phone"]:
        for name in kept.get("name", []) + kept.get("either", []):
            for written in (f"{name};{phone}", f"{name};{phone}".upper()):
                assert fields(*written.split(";")) == ("name", "phone"), written


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Nom,Prénom,Téléphone", ("last_name", "first_name", "phone")),
        ("Nombre,Apellidos,Móvil", ("first_name", "last_name", "phone")),
        ("Name,Vorname,Handy", ("last_name", "first_name", "phone")),
        ("Jméno,Příjmení,Telefon", ("first_name", "last_name", "phone")),
        ("Имя,Отчество,Фамилия,Телефон", ("first_name", "middle_name", "last_name", "phone")),
        ("姓,名,電話番号", ("last_name", "first_name", "phone")),
        ("Nume,Prenume,Telefon", ("last_name", "first_name", "phone")),
        ("Ad,Soyad,Cep Telefonu", ("first_name", "last_name", "phone")),
        ("Fornavn,Efternavn,Mobil", ("first_name", "last_name", "phone")),
        ("Name,First Name,Phone", ("name", "attr.first_name", "phone")),
        ("HO TEN,SDT", ("name", "phone")),
        ("ADI SOYADI,TELEFON", ("name", "phone")),
        ("Jméno (povinné),Mobil *", ("name", "phone")),
    ],
)
def test_the_parts_of_a_name_in_other_languages(headers: str, expected: tuple[str, ...]) -> None:
    assert fields(*headers.split(",")) == expected


def test_the_number_of_a_column_is_no_title() -> None:
    """A cell of a row may be that number."""
    rows = [
        ("S/N", "Phone", "Note"),
        ("1", "0123450001", ""),
        ("2", "0123450002", ""),
        ("3", "0123450003", ""),
    ]
    assert find_header(rows, {"3": "ignore"}) == 0
    assert resolve(rows[0], rows[1:], {"3": "ignore"}).headers == rows[0]
    with pytest.raises(FileError, match="header"):
        resolve(rows[3], [], {"3": "ignore"})


def test_the_numbers_of_people_are_no_names() -> None:
    header = ("First Name", "Surname", "Attendee #", "Phone")
    found = resolve(header, [("Ali", "Omar", "9901", "0123450001")], {})
    assert found.fields == ("first_name", "last_name", "attr.attendee", "phone")


def test_a_column_of_texts_stands_in_for_a_number_where_it_has_numbers() -> None:
    header = ("SMS", "WhatsApp")
    assert resolve(header, [("60123450001", ""), ("60123450002", "60123450002")], {}).other_phones == (0,)
    assert resolve(header, [("yes", "60123450001"), ("no", "60123450002")], {}).other_phones == ()


def test_a_list_without_a_known_name_says_so() -> None:
    [warning] = warnings(resolve(("Klantaanhef", "Phone"), [], {}))
    assert "no column is known to be the name" in warning
    assert "--map Klantaanhef=name" in warning
    assert warnings(resolve(("Name", "Phone"), [], {})) == []
    assert warnings(resolve(("Phone",), [], {})) == []
    assert warnings(resolve(("First Name", "Phone"), [], {})) == []


@pytest.mark.parametrize(
    ("header", "key"),
    [("Địa chỉ", "dia_chi"), ("Straße", "strasse"), ("Miasto łódzkie", "miasto_lodzkie"),
     ("Ünvan ı", "unvan_i"), ("Bölgə", "bolge"), ("Køn", "kon"), ("Þjóð", "thjod")],
)  # fmt: skip
def test_the_letters_of_a_title_stay_in_its_key(header: str, key: str) -> None:
    assert attribute_key(header) == key
