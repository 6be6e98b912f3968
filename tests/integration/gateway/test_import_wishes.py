"""What the columns of a file say of a person's wish, as far as the database keeps it."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.leads.imports.upload import Upload
from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2
from services.journal.reading import read
from services.runtime.errors import InvalidArgument
from tests.integration.gateway.import_calls import errors, run, stored
from tests.integration.gateway.mesh import Client, Gateway, consent, running
from tests.support.database import Database
from tests.support.importing import PATIENCE_S, imported, start, written

EVERYBODY = pb.ImportConsent(source="counter", wording="Yes, write to me")
LIST = (
    "Phone,WhatsApp opt-in,Unsubscribed at\n"
    "+60122000001,Yes,\n+60122000002,No,\n+60122000003,,\n+60122000004,Yes,2026-01-02 03:04\n"
)


async def dry(client: Client, path: Path, text: str, **options: Any) -> pb.ImportReport:
    file = written(path, text)
    begin = start(file, **options)
    begin.validate_only = True
    report = await imported(client.leads, client.metadata, file, begin)
    assert isinstance(report, pb.ImportReport)
    return report


async def suppressing(client: Client, path: Path, text: str, **start_: Any) -> Any:
    file = written(path, text, "stop.csv")
    begin = pb.ImportSuppressionsStart(
        request_id=str(uuid.uuid4()), size=file.size, head_sha256=file.head_sha256, country="MY", **start_
    )
    return await Upload(client.leads, client.metadata, file, begin, lambda _: None).run(PATIENCE_S)


def person(number: int) -> leads_pb2.Lead:
    """Somebody who gave a permission."""
    return leads_pb2.Lead(phone=f"+6012200000{number}", consent=consent())


def wish(found: leads_pb2.Lead) -> tuple[bool, bool, bool]:
    """Whether there is a permission, a no, a suppression."""
    return found.HasField("consent"), found.HasField("refuse_time"), found.suppressed


async def reasons(gateway: Gateway) -> list[str]:
    async with gateway.database.connection() as connection:
        rows = await connection.fetch("SELECT reason FROM suppression ORDER BY created_at, reason")
    return [row["reason"] for row in rows]


@pytest.mark.parametrize("is_dry", [True, False])
async def test_a_line_far_below_the_people_stops_an_import_before_anything_is_written(
    acme: Client, tmp_path: Path, *, is_dry: bool
) -> None:
    rows = "".join(f"+601220{number:05d},{'by the river ' * 80}\n" for number in range(400))
    file = written(tmp_path, f"Phone,Town\n{rows}red = do not contact\n")
    begin = start(file)
    begin.validate_only = is_dry
    with pytest.raises(InvalidArgument, match="line 402"):
        await imported(acme.leads, acme.metadata, file, begin)
    assert not await stored(acme)


async def test_a_no_beats_the_statement_of_a_whole_file(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    report = await dry(acme, tmp_path, LIST, consent=EVERYBODY)
    assert not await stored(acme)
    assert (report.said_yes, report.said_no, report.said_nothing, report.opted_out) == (1, 1, 1, 1)
    assert (report.counts.created, report.counts.without_consent, report.counts.suppressed) == (4, 2, 1)
    file = written(tmp_path, LIST)
    result = await run(acme, file, consent=EVERYBODY)
    assert (result.counts.without_consent, result.counts.suppressed, result.counts.opted_out) == (2, 1, 1)
    people = {phone[-1]: wish(one) for phone, one in (await stored(acme)).items()}
    assert people == {
        "1": (True, False, False), "2": (False, True, False), "3": (True, False, False),
        "4": (False, False, True),
    }  # fmt: skip
    assert await reasons(gateway) == ["import: Unsubscribed at: (a time)"]
    name = (await stored(acme))["+60122000002"].name
    told = await acme.call(acme.leads.ExportLead, leads_pb2.ExportLeadRequest(name=name))
    assert told.refused_by == f"{result.name}: WhatsApp opt-in: No"
    # Another list that says nothing of them, with a statement for everybody: the no stays.
    plain = written(tmp_path, "Phone\n+60122000002\n+60122000004\n", "plain.csv")
    again = await run(acme, plain, consent=EVERYBODY)
    assert again.counts.without_consent == 1
    assert wish((await stored(acme))["+60122000002"]) == (False, True, False)
    # Their own yes, later, takes it back.
    await run(
        acme, written(tmp_path, "Phone,WhatsApp opt-in\n+60122000002,yes\n", "yes.csv"), consent=EVERYBODY
    )
    assert wish((await stored(acme))["+60122000002"]) == (True, False, False)


async def test_a_no_after_a_permission_takes_it_back(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    await acme.upserted(*map(person, (1, 2, 3)))
    text = (
        "Phone,Opt in,Timezone\n+60122000001,no,\n+60122000002,no,Mars/Base\n"
        # The first row counts, but a no counts in every row.
        "+60122000003,yes,\n+60122000003,no,\n"
    )
    report = await dry(acme, tmp_path, text)
    result = await run(acme, written(tmp_path, text))
    assert result.counts.duplicate == report.counts.duplicate == 1
    assert [wish(one)[2] for one in (await stored(acme)).values()] == [True, True, True]
    assert await reasons(gateway) == ["import: said no after a permission"] * 3


async def test_a_do_not_contact_list(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    await acme.upserted(person(1), person(2))
    [one, two] = (await stored(acme)).values()
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=two.name, reason="complaint"))
    text = (
        "Name,Mobile,Opt out\nA,0122000001,no\nB,012-200 0002,yes\nC,+60 12-200 0003,\nC,0122000003,\nD,12,\n"
    )
    report = await suppressing(acme, tmp_path, text, validate_only=True)
    assert (report.counts.suppressed, report.counts.duplicate, report.counts.refused) == (3, 1, 1)
    assert not (await stored(acme))[one.phone].suppressed
    result = await suppressing(acme, tmp_path, text, reason="registry")
    assert (result.counts.created, result.counts.unchanged, result.counts.refused) == (2, 1, 1)
    assert await reasons(gateway) == ["complaint", "registry", "registry"]
    listed = await acme.call(acme.leads.ListImports, pb.ListImportsRequest())
    assert [each.kind for each in listed.imports] == [pb.Import.KIND_SUPPRESSIONS]
    # Who was no lead is suppressed as soon as they are one.
    await run(acme, written(tmp_path, "Phone\n+60122000003\n"), consent=EVERYBODY)
    assert all(each.suppressed for each in (await stored(acme)).values())


async def test_a_do_not_contact_row_suppresses_each_of_its_numbers(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    await acme.upserted(person(1), person(2), person(3))
    text = "Name,Mobile,Home Phone,Phone 2\nA,0122000001,012-200 0002,\nA,0122000001,,0122000003\n"
    result = await suppressing(acme, tmp_path, text)
    assert (result.counts.created, result.counts.duplicate) == (1, 1)
    assert all(each.suppressed for each in (await stored(acme)).values())
    assert await reasons(gateway) == ["import"] * 3


async def test_a_number_that_cannot_be_suppressed_is_seen(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    await acme.upserted(person(1), person(2))
    text = (
        "Name,Mobile,Home Phone\nA,0122000001,12\nB,99999,0122000002\nC,none,0122000003\nD,0,0122000004\n"
        "E,abc9,\n"
    )
    result = await suppressing(acme, tmp_path, text)
    assert (result.counts.created, result.counts.refused) == (2, 3)
    assert all(each.suppressed for each in (await stored(acme)).values())
    assert await reasons(gateway) == ["import"] * 4
    [_, first, second, third] = await errors(acme, result.name)
    assert [first[3], second[3], third[3]] == ["2", "3", "6"]
    assert "The other numbers of the row are suppressed, this one is not" in first[5]
    assert "The other numbers" not in third[5]
    undo = pb.UndoSuppressionsRequest(name=result.name, request_id=str(uuid.uuid4()))
    assert (await acme.call(acme.leads.UndoSuppressions, undo)).removed_count == 4


async def test_an_undo_takes_back_what_nobody_confirmed(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    await acme.upserted(*map(person, range(1, 5)))
    people = list((await stored(acme)).values())
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=people[0].name))
    phones = "".join(f"{one.phone}\n" for one in people)
    made = await suppressing(acme, tmp_path, "Phone\n" + phones)
    # An operator confirms the second, another import the third.
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=people[1].name))
    await suppressing(acme, tmp_path, f"Phone\n{people[2].phone}\n")
    ask = pb.UndoSuppressionsRequest(name=made.name, validate_only=True)
    assert (await acme.call(acme.leads.UndoSuppressions, ask)).removed_count == 1
    assert all(each.suppressed for each in (await stored(acme)).values())
    undo = pb.UndoSuppressionsRequest(name=made.name, request_id=str(uuid.uuid4()))
    for _ in range(2):
        assert (await acme.call(acme.leads.UndoSuppressions, undo)).removed_count == 1
    assert [each.suppressed for each in (await stored(acme)).values()] == [True, True, True, False]
    gone = await acme.refused(acme.leads.UndoSuppressions, pb.UndoSuppressionsRequest(name="imports/999"))
    assert gone.reason == "NOT_FOUND"


async def test_what_a_list_suppresses_is_kept_for_a_database_that_forgets(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    kept_in = tmp_path / "journal"
    async with running(database, consul_address, journal_dir=kept_in) as gateway:
        acme = await gateway.client("acme")
        await acme.linked(1)
        await acme.upserted(person(1), person(2), person(3))
        made = await suppressing(acme, tmp_path, "Phone\n+60122000001\n+60122000009\n")
        # Who says no after a permission takes it back; an opt-out in a list of leads counts as well.
        await run(acme, written(tmp_path, "Phone,Consent,DND\n+60122000002,no,\n+60122000003,,yes\n"))
        undo = pb.UndoSuppressionsRequest(name=made.name, request_id=str(uuid.uuid4()))
        await acme.call(acme.leads.UndoSuppressions, undo)
        # A no of somebody who had given no permission is no suppression.
        await run(acme, written(tmp_path, "Phone,Consent\n+60122000005,no\n+60122000006,yes\n"))
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT phone, phone_hash FROM lead ORDER BY phone")
        requests = await connection.fetch("SELECT request_id FROM import ORDER BY id")
    [kept] = read([kept_in])
    assert [each.kind for each in kept.words] == ["import", "import", "undo", "refuse"]
    list_, leads, taken_back, refused = kept.words
    assert [*refused.people] == [rows[3]["phone_hash"]]
    assert (len(list_.people), rows[0]["phone_hash"] in list_.people) == (2, True)
    assert set(leads.people) == {row["phone_hash"] for row in rows[1:3]}
    assert taken_back.request_id == list_.request_id == str(requests[0]["request_id"])
    assert leads.request_id == str(requests[1]["request_id"])
    # Whole numbers: a part of one stands by chance in a random request id.
    journal = "".join(path.read_text() for path in kept_in.iterdir())
    assert not [number for number in range(60122000001, 60122000010) if str(number) in journal]


async def test_yes_and_no_under_an_unknown_title_is_asked_about(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    text = "Phone,Bacheca\n+60122000001,sì\n+60122000002,no\n"
    file = written(tmp_path, text)
    # Also where nobody gets a permission: somebody may have one from before.
    for attempt in (dry(acme, tmp_path, text), run(acme, file), run(acme, file, consent=EVERYBODY)):
        with pytest.raises(InvalidArgument, match='say what it is: --map "Bacheca=consent"'):
            await attempt
    assert not await stored(acme)
    column = pb.ImportColumn(column="Bacheca", field="consent")
    await run(acme, file, columns=[column], consent=EVERYBODY)
    assert [wish(one)[0] for one in (await stored(acme)).values()] == [True, False]


async def test_a_tick_far_behind_the_head_of_a_file_is_asked_about(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    note = "x" * 900
    rows = [f"+6012{2000000 + n},,{note}\n" for n in range(400)]
    silent = "Phone,Bacheca,Note\n" + "".join(rows)
    with pytest.raises(InvalidArgument, match='say what it is: --map "Bacheca=consent"'):
        await run(acme, written(tmp_path, silent + "+60122000001,x,\n"), consent=EVERYBODY)
    assert not await stored(acme)
    report = await dry(acme, tmp_path, silent + "+60122000001,,\n", consent=EVERYBODY)
    assert (report.rows, report.counts.created, report.counts.duplicate) == (401, 400, 1)


@pytest.mark.parametrize("answer", ["consent", "opt_out", "attr.club", "ignore"])
async def test_a_column_that_nobody_understands_stops_the_import(
    acme: Client, tmp_path: Path, answer: str
) -> None:
    await acme.linked(1)
    file = written(tmp_path, "Phone,Permission\n+60122000001,Gold\n+60122000002,Silver\n")
    begin = start(file)
    begin.validate_only = True
    refusal = None
    try:
        await imported(acme.leads, acme.metadata, file, begin)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text is looked at
        refusal = str(error)
    assert refusal is not None
    assert 'say what it is: --map "Permission=consent"' in refusal
    assert not await stored(acme)
    column = pb.ImportColumn(column="Permission", field=answer)
    result = await run(acme, file, columns=[column], consent=EVERYBODY)
    assert result.counts.created == (0 if answer in ("consent", "opt_out") else 2)


async def test_who_said_perhaps_no_is_left_alone_and_shown(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    notes = "Phone,Notes\n+60122000001,VIP\n+60122000002,off every list of ours pls\n"
    report = await dry(acme, tmp_path, notes, consent=EVERYBODY)
    assert (report.said_perhaps_no, list(report.perhaps_no_lines), report.said_no) == (1, [3], 0)
    answers = {value.answer: value.row_count for value in report.columns[1].values}
    assert answers[pb.ValueCount.ANSWER_PERHAPS_NO] == 1
    assert report.counts.without_consent == 1
    file = written(tmp_path, notes)
    assert (await run(acme, file, consent=EVERYBODY)).counts.without_consent == 1
    people = {phone[-1]: wish(one) for phone, one in (await stored(acme)).items()}
    assert people == {"1": (True, False, False), "2": (False, True, False)}
