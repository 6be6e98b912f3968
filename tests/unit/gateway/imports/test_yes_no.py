"""Columns of yes and no under titles that nobody knows: asked about once, before anything is written."""

import csv
import io
from contextlib import nullcontext
from pathlib import Path

import pytest

from gateway.imports.errors import FileError
from gateway.imports.reading.ahead import Ahead
from gateway.imports.reading.plan import Plan
from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, planned, read, refused

LISTS = Path(__file__).with_name("lists")
EVERYBODY = Consent("counter", "Yes, write to me", NOW)


def files(name: str) -> list[tuple[str, bytes, str]]:
    """Of each line: who made the file, the file, and a `y` or an `n` for each of its people."""
    found = []
    for line in (LISTS / name).read_text(encoding="utf-8").splitlines():
        system, titles, *rows = line.split("|")
        texts = [f"{titles},Phone", *(f"{row[1:]},+601234500{n:02d}" for n, row in enumerate(rows)), ""]
        found.append((system, "\n".join(texts).encode(), "".join(row[0] for row in rows)))
    return found


def permitted(content: bytes) -> set[int]:
    """The rows whose people may be written to, from 0. Raises `FileError`."""
    rows = [row for batch in read(content, consent=EVERYBODY) for row in batch.rows]
    return {row.line - 2 for row in rows if row.entry.draft.consent is not None}


def test_nobody_who_said_no_is_written_to() -> None:
    wrong = []
    for system, content, said in files("who_said_no.txt"):
        try:
            found = permitted(content)
        except FileError:
            # It is asked what the columns are.
            continue
        if any(said[row] == "n" for row in found):
            wrong.append((system, content.decode()))
    assert not wrong


def test_other_columns_of_yes_and_no_are_not_asked_about() -> None:
    for system, content, said in files("who_said_yes.txt"):
        assert permitted(content) == set(range(len(said))), system


UNKNOWN = "Phone,Rundschreiben,Bacheca,VIP\n+60123450001,ja,sì,no\n+60123450002,nein,no,yes\n".encode()


def test_one_line_asks_about_all_columns_at_once() -> None:
    with pytest.raises(FileError) as stopped:
        read(UNKNOWN, consent=EVERYBODY)
    assert stopped.value.because == (
        'column 2, \'Rundschreiben\', (values: "ja", "nein");'
        ' column 3, \'Bacheca\', (values: "sì", "no")'
        " seem to say who may be written to, and are not understood; say of each what it is:"
        ' --map "Rundschreiben=consent" (a yes agrees), or =opt_out (a yes is left alone), =attr.x, =ignore'
    )


@pytest.mark.parametrize(
    ("field", "left"), [("consent", {0}), ("opt_out", {1}), ("attr.x", {0, 1}), ("ignore", {0, 1})]
)
def test_an_answer_is_taken(field: str, left: set[int]) -> None:
    columns = {"Rundschreiben": field, "3": "ignore"}
    rows = [row for batch in read(UNKNOWN, consent=EVERYBODY, columns=columns) for row in batch.rows]
    assert {row.line - 2 for row in rows if row.entry.draft.consent} == left


def test_without_a_permission_it_is_asked_as_well() -> None:
    # Somebody of the list may have a permission from before.
    with pytest.raises(FileError, match="Rundschreiben"):
        planned(UNKNOWN)


def test_a_permission_of_the_rows_asks_as_well() -> None:
    text = b"Phone,consent_source,consent_time,Bacheca\n+60123450001,web,2026-01-01,no\n"
    with pytest.raises(FileError, match="Bacheca"):
        planned(text)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ("yes", "no"),
        ("yes", ""),
        ("", "no"),
        ("", "non"),
        ("", "x"),
        ("", "✓"),
        ("✓", "✗"),
        ("ja", "nein, danke"),
    ],
)
def test_a_no_after_the_rows_that_decide_refuses_its_row(before: str, late: str) -> None:
    many, note = 270, "x" * 990
    lines = [f"+6012{1000000 + n},{before},{note}" for n in range(many)]
    lines += [f'+60133450001,"{late}",', f"+60133450002,{before},"]
    content = ("Phone,Bacheca,Note\n" + "\n".join(lines)).encode()
    assert len(content) > 256 * 1024
    plan, place = planned(content)
    assert Plan.from_json(plan.to_json()) == plan
    # A file that is not longer than that is read ahead, and asked about.
    ahead = Ahead(plan, place)
    ahead.feed(content[place.offset :], final=True)
    with pytest.raises(FileError, match='--map "Bacheca=consent"'):
        ahead.ask()
    assert refused(content, consent=EVERYBODY) == [(many + 2, "CONSENT")]
    assert refused(content, consent=EVERYBODY, columns={"Bacheca": "attr.x"}) == []


def test_a_no_anywhere_in_the_rows_that_decide_is_seen() -> None:
    lines = [f"+6012{1000000 + n},yes" for n in range(300)]
    lines[200] = "+60133450001,no"
    with pytest.raises(FileError, match="Bacheca"):
        planned(("Phone,Bacheca\n" + "\n".join(lines)).encode())


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Bacheca", "red green"),
        ("Bacheca", "o n"),
        ("Bacheca", "要 不要"),
        ("Bacheca", "checked unchecked"),
        ("Perm WA", "01 02"),
        ("Fine print", "1 0"),
        ("Fine print", "yes yes yes yes yes yes yes yes yes no maybe"),
        ("Deactivated", "2025-01-02 2025-01-03"),
    ],
)
def test_answers_in_other_clothes_are_asked_about(title: str, cells: str) -> None:
    rows = [*cells.split(), *([""] if title == "Bacheca" else [])]
    content = f"Phone,{title}\n" + "".join(f"+6012345{n:04d},{cell}\n" for n, cell in enumerate(rows))
    with pytest.raises(FileError, match=title):
        planned(content.encode())


@pytest.mark.parametrize("cells", ["Rome No Oslo", "A B", "1 0 2", "none nuts", "Ali No", "12 0 7"])
def test_what_is_no_column_of_yes_and_no_is_an_attribute(cells: str) -> None:
    content = "Phone,Bacheca\n" + "".join(f"+6012345{n:04d},{cell}\n" for n, cell in enumerate(cells.split()))
    plan, _ = planned(content.encode())
    assert plan.columns.fields[1] == "attr.bacheca"


def test_the_lists_are_what_they_say() -> None:
    for name in ("who_said_no.txt", "who_said_yes.txt"):
        for system, content, _ in files(name):
            widths = {len(row) for row in csv.reader(content.decode().splitlines())}
            assert len(widths) == 1, system


def test_an_unknown_column_that_stays_empty_is_not_asked_about() -> None:
    content = ("Phone,Bacheca,Note\n" + "".join(f"+6012{1000000 + n},,ab\n" for n in range(20))).encode()
    plan, place = planned(content)
    assert plan.columns.open == (1,)
    ahead = Ahead(plan, place)
    ahead.feed(content[place.offset :], final=True)
    ahead.ask()


@pytest.mark.parametrize(("title", "is_asked"), [("Lopetettu", True), ("Geburtstag", False), ("生日", False)])
def test_a_time_for_some_is_asked_about_unless_its_title_says_of_what(title: str, is_asked: bool) -> None:
    content = f"Phone,{title}\n+60123450001,2025-01-02\n+60123450002,\n".encode()
    expected = pytest.raises(FileError, match=title) if is_asked else nullcontext()
    with expected:
        planned(content)


NESTED = [
    ("Preferences", '{"whatsapp":false}', "n"),
    ("Subscriptions", '[{"channel":"sms","status":"unsubscribed"}]', "x"),
    ("Subscriptions", '[{"channel":"email","status":"unsubscribed"}]', "y"),
    ("Meta", "{'whatsapp': False, 'email': True}", "n"),
    ("Meta", 'a:2:{s:8:"whatsapp";b:0;s:5:"email";b:1;}', "n"),
    ("Meta", "whatsapp: no; email: yes", "n"),
    ("Meta", "email=0&whatsapp=1", "y"),
    ("Attributes", '{"city":"Rome","wa_optin":"no"}', "n"),
    ("Note attributes", '[{"name":"whatsapp_opt_in","value":"no"}]', "n"),
    ("Meta", '{"unsubscribed_at":"2025-01-01","city":"Oslo"}', "x"),
    ("Meta", '{"unsubscribed_at":null,"city":"Oslo"}', "y"),
    ("Tags", "do-not-contact;vip", "x"),
    ("Tags", '["vip","do-not-contact"]', "x"),
    ("Meta", "[" * 900, "y"),
    # More digits than Python writes.
    ("Meta", "{'id': 0x" + "f" * 3600 + ", 'whatsapp': False}", "n"),
    ("Meta", "{0x" + "f" * 3600 + ": 'id', 'whatsapp': False}", "n"),
]


@pytest.mark.parametrize(("title", "cell", "said"), NESTED)
def test_a_wish_inside_a_cell_is_heard(title: str, cell: str, said: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([["Phone", title], ["+60123450001", cell]])
    [row] = [row for batch in read(written.getvalue().encode(), consent=EVERYBODY) for row in batch.rows]
    found = "x" if row.entry.opted_out else "y" if row.entry.draft.consent else "n"
    assert found == said


def test_yes_and_no_under_unknown_names_inside_a_cell_are_asked_about() -> None:
    content = b"Phone;Meta\n+60123450001;{'bacheca': 1}\n+60123450002;{'bacheca': 0}\n"
    with pytest.raises(FileError, match="Meta"):
        planned(content)
    for field, left in (("consent", {0}), ("opt_out", {1}), ("ignore", {0, 1})):
        rows = [
            row for batch in read(content, consent=EVERYBODY, columns={"Meta": field}) for row in batch.rows
        ]
        assert {row.line - 2 for row in rows if row.entry.draft.consent} == left
