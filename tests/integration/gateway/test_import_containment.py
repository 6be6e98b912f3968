"""One bad row is refused alone, and one broken import is nobody else's."""

import asyncio
import csv
from pathlib import Path
from typing import Any

import grpc
import pytest

import gateway.imports.rows.mapper
import gateway.imports.running.run as gateway_run
from gateway.imports import refused_file
from gateway.imports.cells.phone import read_phone
from gateway.imports.running.pipeline import BATCH_ROWS
from gateway.imports.running.store import BatchStore
from kompang.v1 import imports_pb2 as pb
from services.runtime import containment
from tests.integration.gateway.import_calls import HEADER, chunk, errors, opening, refused, run, stored
from tests.integration.gateway.mesh import Client, Gateway
from tests.support.importing import rows_of, start, tally, written

# A tenth of the usual.
BATCH = BATCH_ROWS // 10

FAILS_ON_A_ROW = """
    CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {condition} THEN RAISE EXCEPTION 'secret' USING ERRCODE = '{code}'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fails();
"""


@pytest.mark.parametrize(
    ("table", "condition", "code"),
    [
        ("lead", "NEW.display_name = 'Lead 70'", "22001"),
        ("lead", "NEW.display_name = 'Lead 0'", "23514"),
        ("consent", "(SELECT display_name FROM lead WHERE id = NEW.lead_id) = 'Lead 199'", "54000"),
    ],
    ids=["data", "constraint", "limit"],
)
async def test_a_statement_that_fails_on_one_row_refuses_this_row(
    acme: Client,
    gateway: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    condition: str,
    code: str,
) -> None:
    monkeypatch.setattr(gateway_run, "BATCH_ROWS", BATCH)
    await acme.linked(2)
    async with gateway.database.connection() as connection:
        await connection.execute(FAILS_ON_A_ROW.format(table=table, condition=condition, code=code))
    before = containment.counts["gateway.import.row"]
    file = written(tmp_path, HEADER + rows_of(BATCH * 3 // 2))
    result = await run(acme, file, consent=pb.ImportConsent(source="counter"))
    assert tally(result) == (BATCH * 3 // 2 - 1, 0, 0, 0, 1)
    assert dict(result.counts.refused_by_reason) == {"INTERNAL": 1}
    [_, row] = await errors(acme, result.name)
    assert "operator" in row[-1]
    assert "secret" not in row[-1]
    assert containment.counts["gateway.import.row"] == before + 1


async def test_a_row_that_fails_in_our_code_is_refused_alone(
    acme: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.linked(1)

    def fail(cell: str, notation: Any, **options: Any) -> str:
        if cell.endswith("2000001"):
            raise KeyError(cell)
        return read_phone(cell, notation, **options)

    monkeypatch.setattr(gateway.imports.rows.mapper, "read_phone", fail)
    result = await run(acme, written(tmp_path, HEADER + rows_of(3)))
    assert (tally(result), dict(result.counts.refused_by_reason)) == ((2, 0, 0, 0, 1), {"INTERNAL": 1})
    [_, row] = await errors(acme, result.name)
    assert row[:4] == ["Lead 1", "012-2000001", "Ipoh", "3"]


async def test_a_broken_import_is_nobody_elses(
    acme: Client, other: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.linked(1)
    await other.linked(1)
    write = BatchStore.write
    failed = asyncio.Event()

    async def fail(self: BatchStore, account_id: int, *rest: Any) -> Any:
        if account_id == 1:
            failed.set()
            raise RuntimeError("bad")
        await failed.wait()
        return await write(self, account_id, *rest)

    monkeypatch.setattr(gateway_run, "BATCH_ROWS", BATCH)
    monkeypatch.setattr(BatchStore, "write", fail)
    content = HEADER + rows_of(BATCH * 3 // 2)
    file = written(tmp_path, content)
    broken, result = await asyncio.gather(
        refused(acme, opening(start(file)), chunk(content.encode())), run(other, file)
    )
    assert broken.code is grpc.StatusCode.INTERNAL
    assert tally(result) == (BATCH * 3 // 2, 0, 0, 0, 0)
    monkeypatch.setattr(BatchStore, "write", write)
    assert tally(await run(acme, file)) == (BATCH * 3 // 2, 0, 0, 0, 0)


async def test_rows_that_no_database_takes_are_refused_with_a_reason(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    wording = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(2000))
    lines = [
        *("Ng 吴,0122000010,,,".encode() for _ in range(9)),
        b"Ali,0122000001,,,",
        b"A\0i,0122000002,,,",
        b"\xed\xa0\x80,0122000003,,,",
        b"x" * 10_000_000 + b",0122000004,,,",
        b'"' + (b"x" * 99_999 + b"\n") * 100 + b'",0122000005,,,',
        b"Siti,0122000006,form,,9999-12-31",
        b"Siti,0122000007,form,,9999-12-31T23:59:59-12:00",
        b"Siti,0122000008,form,,0001-01-01T00:00:00+14:00",
        f"Siti,0122000009,form,{wording},2026-01-01".encode(),
    ]
    header = b"Name,Phone,consent_source,consent_wording,consent_time\n"
    file = written(tmp_path, header + b"\n".join(lines) + b"\n")
    result = await run(acme, file)
    reasons = dict(result.counts.refused_by_reason)
    assert reasons == {
        "CHARACTERS": 1, "ENCODING": 1, "ROW_TOO_LONG": 101, "QUOTES": 1, "CONSENT_TIME": 3, "CONSENT": 1,
    }  # fmt: skip
    assert {one.display_name for one in (await stored(acme)).values()} == {"Ali", "Ng 吴"}
    assert all(one.consent.source == "" for one in (await stored(acme)).values())


async def test_a_header_that_no_database_takes_is_read_all_the_same(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    text = "Name,Phone,Ci\0ty,Ca\udcfffe\n" + rows_of(40).replace("Ipoh", "Ipoh,é")
    file = written(tmp_path, text.encode("utf-8", "surrogateescape"))
    result = await run(acme, file)
    assert tally(result) == (40, 0, 0, 0, 0)
    assert (await errors(acme, result.name))[0][2] == "Ci\N{REPLACEMENT CHARACTER}ty"


async def test_a_refused_row_that_cannot_be_shown_leaves_the_others(
    acme: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.linked(1)
    result = await run(acme, written(tmp_path, "Name,Phone\nA,1\nB,2\nC,3\n"))
    lines = refused_file._lines

    def fail(delimiter: str, rows: Any) -> str:
        if rows[0][0] == "B":
            raise csv.Error("secret")
        return lines(delimiter, rows)

    monkeypatch.setattr(refused_file, "_lines", fail)
    _, *rows = await errors(acme, result.name)
    assert [row[:3] for row in rows] == [["A", "1", "2"], ["", "", "3"], ["C", "3", "4"]]
