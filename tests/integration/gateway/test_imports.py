"""Imports through a real gateway: whatever can be imported is, once."""

import asyncio
import csv
import gc
import io
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.cli.leads.file import File
from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2
from services.runtime.errors import KompangError
from tests.integration.gateway.mesh import Client, Gateway, Refusal, consent, lead, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.importing import imported, rows_of, start, tally, written

# How long the event loop may be kept from others at a time.
STANDSTILL_S = 0.02
INVALID = grpc.StatusCode.INVALID_ARGUMENT
HEADER = "Name,Phone,City\n"


async def run(client: Client, file: File, **options: Any) -> pb.ImportResult:
    return await imported(client.leads, client.metadata, file, start(file, **options))


async def answers(client: Client, *requests: pb.ImportLeadsRequest) -> list[pb.ImportLeadsResponse]:
    """Of a caller who sends just this."""
    call = client.leads.ImportLeads(iter(requests), metadata=client.metadata, timeout=20)
    return [response async for response in call]


async def refused(client: Client, *requests: pb.ImportLeadsRequest) -> Refusal:
    return await refusal(answers(client, *requests))


def opening(begin: pb.ImportStart) -> pb.ImportLeadsRequest:
    return pb.ImportLeadsRequest(start=begin)


def chunk(content: bytes, offset: int = 0) -> pb.ImportLeadsRequest:
    return pb.ImportLeadsRequest(chunk=pb.ImportChunk(content=content, offset=offset))


async def errors(client: Client, name: str) -> list[list[str]]:
    call = client.leads.GetImportErrors(
        pb.GetImportErrorsRequest(name=name), metadata=client.metadata, timeout=20
    )
    text = b"".join([response.content async for response in call]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text else ","))


async def stored(client: Client) -> dict[str, leads_pb2.Lead]:
    page = await client.call(client.leads.ListLeads, leads_pb2.ListLeadsRequest(page_size=1000))
    return {one.phone: one for one in page.leads}


async def test_created_updated_unchanged_duplicate_refused(acme: Client, tmp_path: Path) -> None:
    await acme.linked(3)
    text = HEADER + "Siti,012-345 6789,Ipoh\nAli,+60123456780,\nSiti again,0123456789,Klang\nBad,6.01E+10,\n"
    file = written(tmp_path, text)
    first = await run(acme, file)
    assert tally(first) == (2, 0, 0, 1, 1)
    assert (first.rows, dict(first.counts.refused_by_reason)) == (4, {"PHONE_SCIENTIFIC": 1})
    assert first.counts.without_consent == 2
    # The same file again changes nothing.
    assert tally(await run(acme, file)) == (0, 0, 2, 1, 1)
    before = await stored(acme)
    assert {one.display_name for one in before.values()} == {"Siti", "Ali"}
    assert len({one.device for one in before.values()}) == 2
    changed = written(tmp_path, "Phone,Name,Job\n0123456789,,Teacher\n0123456780,Alif,\n0123456781,New,\n")
    assert tally(await run(acme, changed)) == (1, 2, 0, 0, 0)
    after = await stored(acme)
    siti = after["+60123456789"]
    # What the file says nothing about stays.
    assert (siti.display_name, dict(siti.attributes)) == ("Siti", {"city": "Ipoh", "job": "Teacher"})
    assert siti.device == before["+60123456789"].device
    assert after["+60123456780"].display_name == "Alif"


async def test_refused_rows_come_back_and_can_be_corrected(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, "Name;Phone\nAli;0123456789\nSiti;6.01E+10\n\nCarl;12 or 13;more\nDin;012;\n")
    result = await run(acme, file)
    assert tally(result) == (1, 0, 0, 0, 3)
    header, *rows = await errors(acme, result.name)
    assert header == ["Name", "Phone", "refused_line", "refused_reason", "refused_because"]
    assert [row[:4] for row in rows] == [
        ["Siti", "6.01E+10", "3", "PHONE_SCIENTIFIC"],
        ["Carl", "12 or 13 | more", "5", "TOO_MANY_CELLS"],
        ["Din", "012", "6", "PHONE_TOO_SHORT"],
    ]
    corrected = io.StringIO()
    csv.writer(corrected, delimiter=";").writerows([header, ["Siti", "0123456780", *rows[0][2:]]])
    assert tally(await run(acme, written(tmp_path, corrected.getvalue()))) == (1, 0, 0, 0, 0)
    assert dict((await stored(acme))["+60123456780"].attributes) == {}


async def test_an_import_of_another_account_is_not_there(acme: Client, other: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    result = await run(acme, written(tmp_path, HEADER))
    assert (await errors(acme, result.name))[0][:3] == ["Name", "Phone", "City"]
    assert (await refusal(errors(other, result.name))).code is grpc.StatusCode.NOT_FOUND
    assert (await refusal(errors(acme, "imports/999"))).code is grpc.StatusCode.NOT_FOUND


async def test_consent_of_the_whole_file_is_evidence_once(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    await acme.upserted(lead(2000001, consent=consent("form")), lead(2000002))
    file = written(tmp_path, HEADER + rows_of(4))
    statement = pb.ImportConsent(source="counter", wording="Yes, write to me")
    first = await run(acme, file, consent=statement)
    assert (first.counts.without_consent, tally(first)) == (0, (4, 0, 0, 0, 0))
    again = await run(acme, file, consent=statement)
    assert tally(again) == (0, 0, 4, 0, 0)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM consent WHERE source = 'counter'") == 4
        assert await connection.fetchval("SELECT count(*) FROM lead WHERE consent_at IS NULL") == 1
    dated = pb.ImportConsent(source="counter", wording="Yes, write to me")
    dated.grant_time.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    assert tally(await run(acme, file, consent=dated)) == (0, 4, 0, 0, 0)
    assert tally(await run(acme, file, consent=dated)) == (0, 0, 4, 0, 0)


async def test_language_and_timezone(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    rows = "0122000001,ms,Asia/Tokyo\n0122000002,zh_Hant,\n0122000003,,Asia/Kuala_Lumpur\n0122000004,,\n"
    bad = "0122000005,,Mars/Base\n0122000006,Bahasa Malaysia,\n"
    file = written(tmp_path, "Phone,Language,Timezone\n" + rows + bad)
    first = await run(acme, file)
    assert (tally(first), dict(first.counts.refused_by_reason)) == (
        (4, 0, 0, 0, 2), {"TIMEZONE": 1, "LANGUAGE": 1},
    )  # fmt: skip
    before = await spoken(acme)
    assert before == {
        "1": ("ms", "Asia/Tokyo"), "2": ("zh-Hant", ""), "3": ("", "Asia/Kuala_Lumpur"), "4": ("", ""),
    }  # fmt: skip
    assert not any(one.attributes for one in (await stored(acme)).values())
    assert tally(await run(acme, file)) == (0, 0, 4, 0, 2)
    # A file without the columns, or with nothing in them, keeps what there is.
    assert tally(await run(acme, written(tmp_path, "Phone,City\n0122000001,Ipoh\n"))) == (0, 1, 0, 0, 0)
    empty = written(tmp_path, "Phone,Language,Timezone\n0122000001,,\n0122000002,,\n")
    assert tally(await run(acme, empty)) == (0, 0, 2, 0, 0)
    assert await spoken(acme) == before
    changed = written(tmp_path, "Phone,Language,Timezone\n0122000001,en,\n0122000002,,UTC\n0122000004,,\n")
    assert tally(await run(acme, changed)) == (0, 2, 1, 0, 0)
    assert await spoken(acme) == before | {"1": ("en", "Asia/Tokyo"), "2": ("zh-Hant", "UTC")}


async def spoken(client: Client) -> dict[str, tuple[str, str]]:
    """Language and time zone of each lead, by the last digit of its number."""
    return {phone[-1]: (one.language, one.timezone) for phone, one in (await stored(client)).items()}


async def test_suppression_survives_a_new_import(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(3))
    await run(acme, file)
    first = next(iter((await stored(acme)).values()))
    await acme.call(acme.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=first.name))
    again = await run(acme, file, consent=pb.ImportConsent(source="counter"))
    assert again.counts.suppressed == 1
    assert (await stored(acme))[first.phone].suppressed


async def test_country_of_the_account(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(1))
    assert dict((await run(acme, file, country="")).counts.refused_by_reason) == {"PHONE_NO_COUNTRY": 1}
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE account SET country = 'MY'")
    assert tally(await run(acme, file, country="")) == (1, 0, 0, 0, 0)


async def test_triggers_devices_and_leads_on_their_way(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    one, two = await acme.linked(2)
    await acme.planned("cold")
    text = f"Phone,Trigger,Device\n0122000000,cold,{one.name}\n0122000001,NOPE,\n0122000002,,devices/99\n"
    result = await run(acme, written(tmp_path, text), device=two.name)
    assert dict(result.counts.refused_by_reason) == {"UNKNOWN_TRIGGER": 1, "UNKNOWN_DEVICE": 1}
    made = (await stored(acme))["+60122000000"]
    assert (made.trigger, made.device) == ("COLD", one.name)
    async with gateway.database.connection() as connection:
        await connection.execute(
            "INSERT INTO enrollment (account_id, sequence_id, lead_id, message_count)"
            " SELECT 1, 1, id, 1 FROM lead"
        )
    moved = written(tmp_path, f"Phone,Device\n0122000000,{two.name}\n0122000009,\n")
    result = await run(acme, moved, device=two.name)
    assert (tally(result), dict(result.counts.refused_by_reason)) == ((1, 0, 0, 0, 1), {"LEAD_ENROLLED": 1})
    assert (await stored(acme))["+60122000009"].device == two.name


async def test_everything_wrong_with_the_options_is_told_at_once(acme: Client, tmp_path: Path) -> None:
    begin = pb.ImportStart(
        request_id="x",
        size=-1,
        head_sha256=b"x",
        options=pb.ImportOptions(
            country="XX", trigger="a b", device="x", delimiter="a", encoding="ebcdic",
            columns=[pb.ImportColumn(column="a", field="phone"), pb.ImportColumn(column="b", field="phone"),
                     pb.ImportColumn(column="", field="nope")],
            consent=pb.ImportConsent(),
        ),
    )  # fmt: skip
    told = await refused(acme, opening(begin))
    assert told.code is INVALID
    assert set(told.violations) == {
        "start.request_id", "start.size", "start.head_sha256", "start.options.country",
        "start.options.trigger",
        "start.options.device", "start.options.delimiter", "start.options.encoding",
        "start.options.columns[1].field", "start.options.columns[2].column", "start.options.columns[2].field",
        "start.options.consent.source",
    }  # fmt: skip
    assert set((await refused(acme, chunk(b"x"))).violations) == {"start"}
    assert set((await refused(acme)).violations) == {"start"}


@pytest.mark.parametrize(
    ("text", "options", "field"),
    [
        ("Name,City\nAli,Ipoh\n", {}, "columns"),
        ("Ali,0123456789\n", {}, "columns"),
        ("", {}, "file"),
        ("PK\x03\x04", {}, "file"),
        ("Phone\n1\n", {"columns": [pb.ImportColumn(column="Tel", field="name")]}, "options.columns"),
        ("Phone\n1\n", {"trigger": "NOPE"}, "start.options.trigger"),
    ],
)
async def test_what_cannot_be_begun(
    acme: Client, tmp_path: Path, text: str, options: Any, field: str
) -> None:
    await acme.linked(1)
    file = written(tmp_path, text)
    begin = start(file, **options)
    assert set((await refused(acme, opening(begin), chunk(text.encode()))).violations) == {field}


async def test_a_mapping_by_number_where_there_is_no_header(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    columns = [pb.ImportColumn(column="2", field="phone"), pb.ImportColumn(column="1", field="name")]
    result = await run(acme, written(tmp_path, rows_of(3)), columns=columns)
    assert tally(result) == (3, 0, 0, 0, 0)
    assert {one.display_name for one in (await stored(acme)).values()} == {"Lead 0", "Lead 1", "Lead 2"}
    header, *_ = await errors(acme, result.name)
    assert header[:3] == ["name", "phone", "attr.column_3"]


async def test_no_device_to_assign(acme: Client, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + rows_of(1))
    with pytest.raises(KompangError) as caught:
        await run(acme, file)
    assert caught.value.reason == "NO_DEVICE"


async def half_done(client: Client, gateway: Gateway, begin: pb.ImportStart, content: bytes) -> int:
    """Sends something more than half of a file, then nothing, and goes away; the place it came to."""
    half = len(content) // 2 + 100

    async def requests() -> AsyncIterator[pb.ImportLeadsRequest]:
        yield opening(begin)
        for offset in range(0, half, 50_000):
            yield chunk(content[offset : min(offset + 50_000, half)], offset)
        await asyncio.Event().wait()

    call = client.leads.ImportLeads(requests(), metadata=client.metadata, timeout=60)
    reading = asyncio.create_task(_until_end(call))
    async with gateway.database.connection() as connection:

        async def begun() -> bool:
            return bool(await connection.fetchval("SELECT byte_offset > 200000 FROM import"))

        await eventually(begun, within_s=30)
        call.cancel()
        await asyncio.wait({reading})
        left: int = await connection.fetchval("SELECT byte_offset FROM import")
    assert left <= half
    return left


async def test_it_goes_on_where_it_stopped(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    text = HEADER + rows_of(12_000) + rows_of(12_000)
    file = written(tmp_path, text)
    begin = start(file)
    left = await half_done(acme, gateway, begin, text.encode())
    offsets: list[int] = []

    def hear(response: pb.ImportLeadsResponse) -> None:
        if response.HasField("started"):
            offsets.append(response.started.resume_offset)

    result = await imported(acme.leads, acme.metadata, file, begin, hear)
    assert offsets[-1] >= left
    # Duplicates are known across the stop.
    assert tally(result) == (12_000, 0, 0, 12_000, 0)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM lead") == 12_000
        assert await connection.fetchval("SELECT count(*) FROM import_seen") == 0
    # And once it is finished, the same request only tells the result.
    assert await imported(acme.leads, acme.metadata, file, begin) == result


async def test_a_caller_who_tells_no_hash_sends_all_again(acme: Client, gateway: Gateway) -> None:
    await acme.linked(1)
    content = (HEADER + rows_of(24_000)).encode()
    begin = pb.ImportStart(request_id=str(uuid.uuid4()), options=pb.ImportOptions(country="MY"))
    await half_done(acme, gateway, begin, content)
    other = content.replace(b"Ipoh", b"Muar")
    told = await refused(acme, opening(begin), chunk(other[:200_000]))
    assert set(told.violations) == {"start.request_id"}
    responses = await answers(
        acme,
        opening(begin),
        *(chunk(content[at : at + 70_000], at) for at in range(0, len(content), 70_000)),
    )
    assert responses[0].started.resume_offset == 0
    assert tally(responses[-1].result) == (24_000, 0, 0, 0, 0)


async def test_one_request_id_is_one_file_with_one_set_of_options(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(3))
    begin = start(file)
    await imported(acme.leads, acme.metadata, file, begin)
    for changed in (
        start(written(tmp_path, HEADER + rows_of(4), "other.csv"), begin.request_id),
        start(written(tmp_path, HEADER + rows_of(3, prefix="Load"), "same-size.csv"), begin.request_id),
        start(file, begin.request_id, country="SG"),
    ):
        assert set((await refused(acme, opening(changed))).violations) == {"start.request_id"}


async def test_chunks_must_follow_each_other_and_be_all(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    text = (HEADER + rows_of(3)).encode()
    begin = start(written(tmp_path, text))
    for field, *requests in (
        ("chunk.offset", opening(begin), chunk(text[:10]), chunk(text[12:], 12)),
        ("chunk.offset", opening(begin), chunk(text[5:], 5)),
        ("start.size", opening(begin), chunk(text[:-1])),
        ("start.size", opening(begin)),
        ("start.head_sha256", opening(begin), chunk(text.swapcase())),
        ("part", opening(begin), opening(begin)),
        ("chunk.content", opening(begin), chunk(b"x" * (256 * 1024 + 1))),
    ):
        assert set((await refused(acme, *requests)).violations) == {field}
    assert not await stored(acme)
    result = (await answers(acme, opening(begin), chunk(text)))[-1].result
    assert tally(result) == (3, 0, 0, 0, 0)


async def test_two_calls_with_one_import_do_it_once(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(8000))
    begin = start(file)
    results = await asyncio.gather(*(imported(acme.leads, acme.metadata, file, begin) for _ in range(3)))
    assert [tally(result) for result in results] == [(8000, 0, 0, 0, 0)] * 3
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM lead") == 8000


async def test_overlapping_imports_at_once(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    forth = written(tmp_path, HEADER + rows_of(4000), "forth.csv")
    back = written(tmp_path, HEADER + "".join(reversed(rows_of(4000).splitlines(keepends=True))), "back.csv")
    results = await asyncio.gather(*(run(acme, file) for file in (forth, back)))
    assert sum(result.counts.created for result in results) == 4000
    assert all(result.rows == 4000 and not result.counts.refused for result in results)


async def test_too_many_at_once(database: Database, consul_address: str, tmp_path: Path) -> None:
    async with running(database, consul_address, imports_at_once=1) as gateway:
        acme = await gateway.client("acme")
        await acme.linked(1)
        file = written(tmp_path, HEADER + rows_of(3))
        begin = start(file)
        call = acme.leads.ImportLeads(metadata=acme.metadata, timeout=20)
        await call.write(opening(begin))
        await call.read()
        told = await refused(acme, opening(start(file)))
        assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_IMPORTS")
        waiting = asyncio.create_task(imported(acme.leads, acme.metadata, file, begin))
        call.cancel()
        assert tally(await waiting) == (3, 0, 0, 0, 0)


async def test_a_drain_ends_it_and_another_gateway_goes_on(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    async with running(database, consul_address) as going, running(database, consul_address) as staying:
        key = await going.key("acme")
        leaver, stayer = Client(going.channel, key), Client(staying.channel, key)
        await leaver.linked(1)
        text = (HEADER + rows_of(3000)).encode()
        begin = start(written(tmp_path, text))
        call = leaver.leads.ImportLeads(metadata=leaver.metadata, timeout=20)
        await call.write(opening(begin))
        await call.write(chunk(text[:50_000]))
        assert (await call.read()).HasField("started")
        going.life.drain()
        told = await refusal(call.read())
        assert told.code is grpc.StatusCode.UNAVAILABLE
        result = await imported(stayer.leads, stayer.metadata, File.read(tmp_path / "leads.csv"), begin)
        assert tally(result) == (3000, 0, 0, 0, 0)


async def _until_end(call: Any) -> None:
    async for _ in call:
        pass


async def test_what_the_file_is_is_told(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    text = "Nama;No. Telefon\nSiti Núr;0123456789\n".encode("cp1252")
    responses = await answers(acme, opening(start(written(tmp_path, text))), chunk(text))
    [told] = [one.file for one in responses if one.HasField("file")]
    assert (told.encoding, told.delimiter, told.has_header) == ("cp1252", ";", True)
    assert [(one.column, one.field) for one in told.columns] == [("Nama", "name"), ("No. Telefon", "phone")]


async def test_other_calls_have_their_turn(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    """The gateway's event loop is this test's own: it must never stand still for long."""
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(20_000))
    gaps: list[float] = []

    async def tick() -> None:
        # What this thread has computed between two turns: how long others took its core is not its fault.
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    # As the process does when it has started; the tests' own objects are many.
    gc.collect()
    gc.freeze()
    ticking = asyncio.create_task(tick())
    try:
        result = await run(acme, file)
    finally:
        ticking.cancel()
        gc.unfreeze()
    assert result.counts.created == 20_000
    # An import that holds the loop up does so in most of its batches.
    assert sum(gap for gap in gaps if gap > STANDSTILL_S) < 0.1 * sum(gaps)
