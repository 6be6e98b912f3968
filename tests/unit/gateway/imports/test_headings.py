"""Headings between people, second tables, and struck names: who is meant is left alone, or the file asks."""

import json

import pytest

from gateway.imports.cells.strokes import is_struck, without_strokes
from gateway.imports.errors import FileError
from gateway.imports.reading.plan import Plan
from gateway.imports.wishes.answer import Answer
from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, leads, planned, read

EVERYBODY = Consent("counter", "Yes, write to me", NOW)
SIGNS = {Answer.YES: "+", Answer.NOTHING: ".", Answer.NO: "-", Answer.PERHAPS_NO: "~", Answer.OPTED_OUT: "x"}
NAMES = ("Ana", "Ben", "Cid", "Dee")


def said(*lines: str, titles: str = "Name,Phone,City") -> str:
    """A sign a person; a line without a comma is no person, and a letter is a person of that name."""
    people = {
        letter: f"{name},+601234500{at:02d},"
        for at, (letter, name) in enumerate(zip("abcd", NAMES, strict=True))
    }
    content = "\n".join([titles, *(people.get(line, line) for line in lines), ""]).encode()
    return "".join(SIGNS[row.said] for batch in read(content, consent=EVERYBODY) for row in batch.rows)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # In capitals, behind a sign, set apart by an empty line, between two other headings.
        ("a|DO NOT CONTACT|b|c", ".--"),
        ("a|【C】请勿联系|b", ".-"),
        ("a|# unsubscribed|b", ".-"),
        ("a|Wollen keine Nachrichten mehr:|b", ".-"),
        ("a|,,|do not contact|b", ".-"),
        ("Morning class|a|do not contact|b|Evening class|c", ".-."),
        ("a|DO NOT CONTACT|b|MEMBERS|c", ".-."),
        ("【A】同意接收短信|a|【B】未表态|b|【C】勿扰，不要再联系|c", "+.-"),
        # In words that nobody has listed.
        ("a|HAWATAKI KUPATA UJUMBE TENA|b", ".~"),
        ("a|OFF EVERY LIST OF OURS, THEIR OWN WISH|b", ".~"),
        # Of something else.
        ("a|EVENING CLASS|b", ".."),
        ("Group A|a|Group B|b", ".."),
    ],
)
def test_who_stands_below_a_heading_is_of_its_group(lines: str, expected: str) -> None:
    assert said(*lines.split("|")) == expected


@pytest.mark.parametrize(
    "lines",
    [
        # Perhaps a remark about Ana, or about those above.
        "a|she does not want messages|b",
        "a|do not contact|b",
        "a|THE ABOVE DO NOT WANT MESSAGES|b",
        "a|^ DO NOT CONTACT|b",
        "Members|a|only those in bold agreed|b",
        # Of all, or of some, below all people.
        "a|b|DO NOT CONTACT",
        "a|b|off every list of ours, remove them all and never write again please",
    ],
)
def test_a_line_of_which_nobody_knows_whom_it_means_stops_the_import(lines: str) -> None:
    with pytest.raises(FileError, match="line"):
        said(*lines.split("|"))


def test_a_heading_is_no_lead_and_its_reason_is_kept() -> None:
    [batch] = read(b"Name,Phone\nAna,+60123450000\nDO NOT CONTACT\nBen,+60123450001\n", consent=EVERYBODY)
    assert [row.entry.refused_by for row in batch.rows] == ["", "import: heading in line 3"]
    assert [row.entry.draft.consent is None for row in batch.rows] == [False, True]
    assert [each.line for each in batch.refused] == [3]


def test_an_import_that_goes_on_after_a_restart_knows_the_heading() -> None:
    content = b"Name,Phone\nAna,+60123450000\nDO NOT CONTACT\nBen,+60123450001\nCid,+60123450002\n"
    plan, place = planned(content)
    again = Plan.from_json(json.dumps(json.loads(plan.to_json())))
    assert again == plan
    batches = read(content, consent=EVERYBODY, made=(again, place), size=1)
    assert [SIGNS[row.said] for batch in batches for row in batch.rows] == [".", "-", "-"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # The titles are repeated.
        ("a|Name,Phone,City|b", ".."),
        # All of the second table are left alone, whatever its columns are.
        ("a|UNSUBSCRIBED|Name,Phone,Reason|b", ".-"),
        ("a|,,|Do not contact these people|Name,Phone,Date of letter|b", ".-"),
        ("a|UNSUBSCRIBED|Name,Phone,Reason|b|MEMBERS|Name,Phone,City|c", ".-."),
    ],
)
def test_a_second_table_below_the_first(lines: str, expected: str) -> None:
    assert said(*lines.split("|")) == expected


@pytest.mark.parametrize(
    "lines",
    [
        # A no of the second table would stand in a column of the first.
        "a|Name,Phone,Unsubscribed|Ben,+60123450001,yes",
        "a|MEMBERS 2023|Name,Phone,SMS ok|Ben,+60123450001,no",
        "a|UNSUBSCRIBED|Phone,Name,Reason|+60123450001,Ben,",
    ],
)
def test_a_second_table_with_other_columns_stops_the_import(lines: str) -> None:
    with pytest.raises(FileError, match="second table"):
        said(*lines.split("|"))


STRUCK = ["~Ana~", "~~Ana Lim~~", "A\u0336n\u0336a\u0336", "<s>Ana</s>", "<DEL>Ana</DEL>", " ~Ana~ "]


@pytest.mark.parametrize("name", STRUCK)
def test_a_struck_name_is_perhaps_a_no(name: str) -> None:
    assert is_struck(name)
    assert said(f"{name},+60123450000,", "b") == "~."
    assert leads(f"Name,Phone\n{name},+60123450000\n".encode())[0][1] in ("Ana", "Ana Lim")


@pytest.mark.parametrize(
    "name", ["~Ana", "Ana~", "Ana ~ Ben", "a<b", "Zoë", "ไพโรจน์", "", "~", "~~", "Ana<s>"]
)
def test_another_name_is_not_struck(name: str) -> None:
    assert not is_struck(name)
    assert without_strokes(name) == name


def test_a_struck_number_is_refused() -> None:
    assert said("Ana,~+60123450000~,", "b") == "."


def test_a_line_above_that_explains_the_strokes_stops_nothing() -> None:
    above = "NB: names that are crossed out do not want messages any more"
    lines = above + "\nName,Phone\n{},+60123450000\nBen,+60123450001\n"
    [batch] = read(lines.format("~Ana~").encode(), consent=EVERYBODY)
    assert [row.said for row in batch.rows] == [Answer.PERHAPS_NO, Answer.NOTHING]
    # The strokes are lost.
    with pytest.raises(FileError):
        read(lines.format("Ana").encode(), consent=EVERYBODY)
