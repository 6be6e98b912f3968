"""Lead files as people save them."""

import csv
from pathlib import Path

import pytest

from infra.local import sample
from infra.local.demo.leads import TRIGGER, Row, read_rows, take
from infra.local.demo.settings import BadInput


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "leads.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "phone,name,trigger,city\n+60123,Ai Ling,HOT,Ipoh\n",
        "\ufeffphone,name,trigger,city\r\n+60123,Ai Ling,HOT,Ipoh\r\n\r\n,,,\r\n",
        "Trigger;City;Phone;Name\nHOT;Ipoh;+60123;Ai Ling",
        'phone\tname\ttrigger\tcity\n+60123\t"Ai Ling"\tHOT\tIpoh\n',
    ],
    ids=["plain", "BOM, CRLF, empty rows", "semicolons, other order", "tabs"],
)
def test_a_lead_is_read_from_every_form_of_file(tmp_path: Path, text: str) -> None:
    [row] = read_rows(written(tmp_path, text))

    assert (row.line, row.phone, row.name, row.trigger) == (2, "+60123", "Ai Ling", "HOT")
    assert row.attributes == {"city": "Ipoh"}


def test_a_file_with_numbers_only_is_read(tmp_path: Path) -> None:
    assert read_rows(written(tmp_path, "phone\n+60123\n")) == [Row(2, "+60123", trigger=TRIGGER)]


def test_a_row_with_an_empty_trigger_has_none(tmp_path: Path) -> None:
    [row] = read_rows(written(tmp_path, "phone,trigger\n+60123,\n"))
    assert row.trigger == ""


def test_a_name_over_two_lines_and_a_short_row_are_read(tmp_path: Path) -> None:
    first, second = read_rows(written(tmp_path, 'phone,name,city\n+60123,"Ai\u2028\nLing",Ipoh\n+60124\n'))

    assert (first.name, first.attributes) == ("Ai\u2028\nLing", {"city": "Ipoh"})
    assert (second.line, second.phone, second.name) == (4, "+60124", "")


def test_only_columns_with_attribute_names_become_attributes(tmp_path: Path) -> None:
    [row] = read_rows(written(tmp_path, "phone,Home Town,2nd\n+60123,Ipoh,x\n"))
    assert row.attributes == {"home_town": "Ipoh"}


@pytest.mark.parametrize(
    ("text", "encoding", "complaint"),
    [
        ("", "utf-8", "no column `phone`"),
        ("number\n+60123\n", "utf-8", "no column `phone`"),
        ("phone,name\n+60123,José\n", "latin-1", "not UTF-8"),
        ('phone,name\n+60123,"open', "utf-8", "no CSV"),
    ],
)
def test_a_file_that_is_no_lead_file_is_refused(
    tmp_path: Path, text: str, encoding: str, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        read_rows(written(tmp_path, text, encoding))


def test_more_leads_than_the_file_has_are_made_up() -> None:
    rows = [Row(2, "+60160000000"), Row(3, "+60160000001")]
    taken = take(rows, 5)

    assert taken[:2] == rows
    assert len({row.phone for row in taken}) == 5


def test_fewer_leads_than_the_file_has_are_its_first_ones() -> None:
    assert take([Row(2, "+1"), Row(3, "+2")], 1) == [Row(2, "+1")]


def test_the_sample_is_500_leads_of_the_first_sequence() -> None:
    rows = read_rows(sample.LEADS)

    assert len({row.phone for row in rows}) == 500
    assert {row.trigger for row in rows} == {TRIGGER}
    assert csv.Sniffer().sniff(sample.LEADS.read_text()[:1000]).delimiter == ","
