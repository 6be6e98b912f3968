"""Imports through a real gateway: whatever can be imported is."""

import asyncio
import gc
import time
from pathlib import Path

import grpc

from tests.integration.gateway.import_calls import (
    HEADER,
    answers,
    chunk,
    errors,
    opening,
    refused,
    run,
    stored,
)
from tests.integration.gateway.mesh import Client, Gateway, refusal, running
from tests.support.database import Database
from tests.support.importing import imported, rows_of, start, tally, written
from tests.support.processor import allowed_s

# How long the event loop may be kept from others at a time.
STANDSTILL_S = 0.02


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


async def test_an_import_of_another_account_is_not_found(acme: Client, other: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    result = await run(acme, written(tmp_path, HEADER))
    assert (await errors(acme, result.name))[0][:3] == ["Name", "Phone", "City"]
    assert (await refusal(errors(other, result.name))).code is grpc.StatusCode.NOT_FOUND
    assert (await refusal(errors(acme, "imports/999"))).code is grpc.StatusCode.NOT_FOUND


async def test_an_import_without_a_country_reads_numbers_by_the_accounts(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(1))
    assert dict((await run(acme, file, country="")).counts.refused_by_reason) == {"PHONE_NO_COUNTRY": 1}
    async with gateway.database.connection() as connection:
        await connection.execute("UPDATE account SET country = 'MY'")
    assert tally(await run(acme, file, country="")) == (1, 0, 0, 0, 0)


async def test_the_answer_says_how_the_file_is_read(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    text = "Nama;No. Telefon\nSiti Núr;0123456789\n".encode("cp1252")
    responses = await answers(acme, opening(start(written(tmp_path, text))), chunk(text))
    [told] = [one.file for one in responses if one.HasField("file")]
    assert (told.encoding, told.delimiter, told.has_header) == ("cp1252", ";", True)
    assert [(one.column, one.field) for one in told.columns] == [("Nama", "name"), ("No. Telefon", "phone")]


async def test_two_imports_of_the_same_numbers_at_once_create_each_lead_once(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    forth = written(tmp_path, HEADER + rows_of(4000), "forth.csv")
    back = written(tmp_path, HEADER + "".join(reversed(rows_of(4000).splitlines(keepends=True))), "back.csv")
    results = await asyncio.gather(*(run(acme, file) for file in (forth, back)))
    assert sum(result.counts.created for result in results) == 4000
    assert all(result.rows == 4000 and not result.counts.refused for result in results)


async def test_an_import_too_many_is_refused_until_one_ends(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
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


async def test_an_import_leaves_the_event_loop_to_other_calls(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    """The gateway's event loop is this test's own: it must never stand still for long."""
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(8_000))
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
    assert result.counts.created == 8_000
    # An import that holds the loop up does so in most of its batches.
    standstill_s = allowed_s(STANDSTILL_S)
    assert sum(gap for gap in gaps if gap > standstill_s) < 0.1 * sum(gaps)
