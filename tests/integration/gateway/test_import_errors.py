"""Refused rows come back as a CSV that can be corrected and imported as it is."""

import csv
import io
from pathlib import Path

from kompang.v1 import imports_pb2
from tests.integration.gateway.import_calls import errors, run, stored
from tests.integration.gateway.mesh import TIMEOUT_S, Client
from tests.support.importing import tally, written


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
        ["Din", "'012", "6", "PHONE_TOO_SHORT"],
    ]
    corrected = io.StringIO()
    csv.writer(corrected, delimiter=";").writerows([header, ["Siti", "0123456780", *rows[0][2:]]])
    assert tally(await run(acme, written(tmp_path, corrected.getvalue()))) == (1, 0, 0, 0, 0)
    assert dict((await stored(acme))["+60123456780"].attributes) == {}


async def test_excel_neither_runs_nor_cuts_a_refused_cell(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    dangers = ("=HYPERLINK(A1)", "+1+1", "-2", "@SUM(A1)", "0123", "601123456789012", "'quoted")
    rows = "".join(f"{danger}\t{n}\tn/a\n" for n, danger in enumerate(dangers))
    result = await run(acme, written(tmp_path, f"Note\tCode\tPhone\n{rows}"))
    header, *refused_rows = await errors(acme, result.name)
    shown = [row[0] for row in refused_rows]
    assert shown == [f"'{danger}" for danger in dangers[:-1]] + ["'quoted"]
    # A file of tabs comes back as one that a double click opens.
    assert header[:3] == ["Note", "Code", "Phone"]
    corrected = io.StringIO()
    csv.writer(corrected).writerows(
        [header, *([*row[:2], f"'012{n:07}", *row[3:]] for n, row in enumerate(refused_rows, 2_000_000))]
    )
    again = await run(acme, written(tmp_path, corrected.getvalue()))
    assert tally(again) == (len(dangers), 0, 0, 0, 0)
    assert {one.attributes["note"] for one in (await stored(acme)).values()} == set(dangers)


async def test_a_file_that_broke_off_goes_on_where_it_was(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    # More than one piece of 256 KiB.
    rows = "".join(f"{'n' * 20_000};{n};0\n" for n in range(40))
    result = await run(acme, written(tmp_path, f"Name;Number;Phone\n{rows}"))
    pieces: dict[str, bytes] = {}

    async def read(token: str) -> None:
        request = imports_pb2.GetImportErrorsRequest(name=result.name, resume_token=token)
        async for response in acme.leads.GetImportErrors(request, metadata=acme.metadata, timeout=TIMEOUT_S):
            pieces.setdefault(response.resume_token, response.content)
            if token == "" and len(pieces) == 2:
                break

    await read("")
    await read([*pieces][-1])
    assert len(pieces) > 3
    table = list(csv.reader(io.StringIO(b"".join(pieces.values()).decode("utf-8-sig")), delimiter=";"))
    assert [row[1] for row in table] == ["Number", *(str(n) for n in range(40))]
    before = len(pieces)
    await read([*pieces][-1])
    assert len(pieces) == before
