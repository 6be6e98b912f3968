"""The people of a list are called by their names, and by nothing that a program wrote in their place."""

from pathlib import Path

import pytest

from services.content.names import called
from tests.unit.gateway.imports.reading import leads

_LIST = Path(__file__).parent / "lists_of_names" / "names_of_exports.csv"
# Their number ends so: what the person is called. Nobody else in the list has a name.
CALLED = {
    1: "John", 2: "Wei Ming", 13: "O'Brien", 14: "François", 15: "Ali", 16: "José",
    17: "عبد الرحمن", 18: "محمد", 19: "عبدالله", 20: "Family", 21: "Ali", 22: "John",
    23: "Smith", 24: "Siti", 27: "Ali", 28: "Ali", 29: "ali", 30: "Siti", 31: "McDONALD",
}  # fmt: skip


def test_the_names_of_exports() -> None:
    found = leads(_LIST.read_bytes())
    assert len(found) == 38
    for at, (_, name) in enumerate(found, 1):
        name_of = called(name)
        assert (name_of and name_of.first) == CALLED.get(at), name


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("First Name,Last Name", "Ali,null", "Ali"),
        ("First Name,Last Name", "NA,NA", ""),
        ("First Name,Last Name", "Jane,Unknown", "Jane"),
        ("姓,名", "山田,太郎", "山田太郎"),
        ("姓,名", "王,小明", "王小明"),
        ("Last Name,First Name", "김,철수", "김 철수"),
        ("Name,First Name,Last Name", "Customer,Siti,Aminah", "Siti Aminah"),
        ("Name,City", "Jos&eacute;,Ipoh", "José"),
        ("Name,City", "[object Object],Ipoh", ""),
    ],
)
def test_what_is_no_name_is_not_kept(header: str, row: str, name: str) -> None:
    assert leads(f"{header},Phone\n{row},0123456789\n".encode()) == [("+60123456789", name)]


def test_signs_are_no_names() -> None:
    content = b"First Name,Last Name,Phone\nN/A,-,+60123456781\n-,Aina,+60123456782\n.,--,+60123456783\n"
    assert [name for _, name in leads(content)] == ["", "Aina", ""]


def test_columns_of_a_shop_and_of_a_form_are_names() -> None:
    shop = b"billing_first_name,billing_last_name,billing_phone\nAnn,Lee,+60123456781\n"
    assert leads(shop) == [("+60123456781", "Ann Lee")]
    form = b"What's your name?,What's your phone number?\nAnn,+60123456781\n"
    assert leads(form) == [("+60123456781", "Ann")]
    crm = b"Person - Name,Person - Phone\nAnn Lee,+60123456781\n"
    assert leads(crm) == [("+60123456781", "Ann Lee")]
