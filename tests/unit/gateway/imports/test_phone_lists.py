"""Lists as people keep them: each number is its own or is refused, and the reason names what it may be."""

import pytest

from tests.support.number_forms import FORMS
from tests.unit.gateway.imports.reading import leads, read, refused

DE = """Name,Handynummer
Anna,4915112345678
Bert,491701234567
Cora,+49 (0)171/1234567
Dora,+49(0)152/12345678
Emil,0171/1234568
Finn,+49 171 1234569
Gerd,0171 1234570 (2)
"""
ID = """Nama,No HP
Adi,62811699778
Budi,62 812 345 678
Cici,0812-3456-789 (2)
Dedi,0812-3456-789/8
Eka,+62811699778
"""
COUNTRIES = """Name,Phone,country_code
Ali,0123456789,UK
Ben,0123456780,Indonesia
Cid,91234567,Singapore
Dee,91234568,SGP
Eve,91234569,65.0
Fay,91234570,(+65)
Gus,91234571,SG
Hal,0123456781,Atlantis
"""
SUFFIX = """Name,Phone
Ali,+60 12-345 6789 (2)
Ben,+60 12-345 6790 - 2
Cid,+6012-345 6791/8
Dee,012-345 6792 (2)
Eve,+60 3-2095 0000/1
"""
BR = """Nome,Celular
Ana,+55 11 98765-4321
Ana,+55 11 8765-4321
Bia,5511 8765-4322
Caio,11 98765-4323
"""
MX = """Nombre,Celular
Ana,5215512345678
Bea,+52 1 55 1234 5679
Cris,044 55 1234 5680
Dani,+52 55 1234 5681
Eva,+52 55 1234 5678
"""
LISTS: dict[str, tuple[str, str, list[str], list[tuple[int, str]]]] = {
    "German": (
        "DE", DE, ["+4915112345678", "+491701234567", "+491711234567", "+4915212345678", "+491711234568",
        "+491711234569", "+491711234570"], [],
    ),
    # `811699778` is one number written twice; the digit behind Dedi's may be of his number.
    "Indonesian": (
        "ID", ID, ["+62811699778", "+62812345678", "+628123456789"], [(5, "PHONE_AMBIGUOUS")],
    ),
    # Two forms of one number are one person.
    "Brazilian": ("BR", BR, [f"+551198765432{n}" for n in "123"], []),
    "Mexican": ("MX", MX, ["+525512345678", "+525512345679", "+525512345680", "+525512345681"], []),
    "countries": (
        "MY", COUNTRIES, [f"+659123456{n}" for n in "789"] + ["+6591234570", "+6591234571"],
        [(2, "PHONE_NOT_VALID"), (3, "PHONE_NOT_VALID"), (9, "UNKNOWN_COUNTRY")],
    ),
    "marks": (
        "MY", SUFFIX, ["+60123456789", "+60123456790", "+60123456791", "+60123456792"],
        [(6, "PHONE_NOT_MOBILE")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_numbers_of_a_list(name: str) -> None:
    country, text, numbers, bad = LISTS[name]
    assert [phone for phone, _ in leads(text.encode(), country=country)] == numbers
    assert refused(text.encode(), country=country) == bad


def test_a_number_of_two_readings_is_refused_naming_both() -> None:
    [batch] = read(ID.encode(), country="ID")
    [one] = batch.refused
    assert (
        "+628123456789 or +6281234567898" in one.because or "+6281234567898 or +628123456789" in one.because
    )


@pytest.mark.parametrize("newer_first", [True, False])
def test_a_list_with_every_form_of_a_number_has_one_person(newer_first: bool) -> None:
    people = {number: others for number, others in FORMS.items() if others}
    cells = [
        cell for number, others in people.items() for cell in (number, *others)[:: 1 if newer_first else -1]
    ]
    content = "Phone\n" + "\n".join(cells) + "\n"
    batches = read(content.encode())
    assert [row.entry.draft.phone for batch in batches for row in batch.rows] == list(people)
    assert not [row for batch in batches for row in batch.refused]


def test_a_local_number_is_one_of_the_country_of_its_row() -> None:
    """In Peru `986832777` is somebody else's."""
    text = (
        "Nombre,País,Móvil\nAna,Perú,901 720 153\nEva,Chile,986832777\nIda,,986832778\n"
        "Leo,Atlantis,986832779\nTea,Atlantis,+56986832779\n"
    )
    assert leads(text.encode(), country="PE") == [
        ("+51901720153", "Ana"), ("+56986832777", "Eva"), ("+51986832778", "Ida"), ("+56986832779", "Tea"),
    ]  # fmt: skip
    assert refused(text.encode(), country="PE") == [(5, "UNKNOWN_COUNTRY")]
    [told] = [row.because for batch in read(text.encode(), country="PE") for row in batch.refused]
    assert told.startswith("País: is no country")
    # Where somebody was born says nothing of the number.
    born = text.replace("País", "País de nacimiento").encode()
    assert leads(born, country="PE")[1] == ("+51986832777", "Eva")


def test_of_two_numbers_one_with_a_remark_none_is_taken() -> None:
    text = "Name,Phone\nA,012-3456789 or 019-8765432 (his brother)\nB,012-3456789 / 012-3456789 (mine)\n"
    assert leads(text.encode()) == [("+60123456789", "B")]
    assert refused(text.encode()) == [(2, "PHONE_SEVERAL")]
