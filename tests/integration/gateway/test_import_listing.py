"""An import that was interrupted is found again, and gone on with."""

from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest

from gateway.cli.leads.imports.file import File
from kompang.v1 import imports_pb2 as pb
from tests.integration.gateway.mesh import Client
from tests.support.importing import imported, rows_of, start, tally, written

HEADER = "Name,Phone,City\n"


async def listed(client: Client, **fields: Any) -> pb.ListImportsResponse:
    return await client.call(client.leads.ListImports, pb.ListImportsRequest(**fields))


async def interrupted(client: Client, file: File) -> str:
    """An import of which only the beginning was said; its name."""
    call = client.leads.ImportLeads(metadata=client.metadata, timeout=20)
    await call.write(pb.ImportLeadsRequest(start=start(file)))
    name = (await call.read()).started.name
    call.cancel()
    return str(name)


async def test_an_interrupted_import_is_listed_and_goes_on(acme: Client, tmp_path: Path) -> None:
    await acme.linked(1)
    done = written(tmp_path, HEADER + "Siti,012-345 6789,Ipoh\nBad,6.01E+10,\n", "done.csv")
    result = await imported(acme.leads, acme.metadata, done, start(done))
    open_file = written(tmp_path, HEADER + rows_of(20), "open.csv")
    name = await interrupted(acme, open_file)
    newest, oldest = (await listed(acme)).imports
    assert (newest.name, newest.state) == (name, pb.Import.STATE_OPEN)
    assert (newest.size, newest.offset, newest.rows) == (open_file.size, 0, 0)
    assert not newest.HasField("finish_time")
    assert (oldest.name, oldest.state) == (result.name, pb.Import.STATE_FINISHED)
    assert (oldest.rows, oldest.counts, oldest.finish_time) == (2, result.counts, result.finish_time)

    [found] = (await listed(acme, state=pb.Import.STATE_OPEN)).imports
    assert found == newest
    again = await imported(acme.leads, acme.metadata, open_file, start(open_file, found.request_id))
    assert (again.name, tally(again)) == (name, (20, 0, 0, 0, 0))
    finished = await acme.call(acme.leads.GetImport, pb.GetImportRequest(name=name))
    assert (finished.state, finished.offset, finished.rows) == (
        pb.Import.STATE_FINISHED, open_file.size, 20,
    )  # fmt: skip
    assert not (await listed(acme, state=pb.Import.STATE_OPEN)).imports


async def test_imports_are_listed_page_by_page_and_only_to_their_account(
    acme: Client, other: Client, tmp_path: Path
) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(1))
    names = [await interrupted(acme, file) for _ in range(3)]
    first = await listed(acme, page_size=2)
    rest = await listed(acme, page_size=2, page_token=first.next_page_token)
    assert [one.name for one in (*first.imports, *rest.imports)] == names[::-1]
    assert not rest.next_page_token
    assert not (await listed(other)).imports
    strange = await other.refused(other.leads.GetImport, pb.GetImportRequest(name=names[0]))
    assert strange.code is grpc.StatusCode.NOT_FOUND
    token = pb.ListImportsRequest(page_token=first.next_page_token)
    assert (await other.refused(other.leads.ListImports, token)).code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "change",
    [
        "plan = '{\"version\": 2}'",
        "plan = '[]'",
        "counts = counts || '{\"of_another_version\": 1}'",
    ],
)
async def test_an_import_of_another_version_is_listed_beside_the_others(
    acme: Client, owner: asyncpg.Connection, tmp_path: Path, change: str
) -> None:
    await acme.linked(1)
    names = []
    for name in ("one.csv", "two.csv"):
        file = written(tmp_path, HEADER + rows_of(2), name)
        names.append((await imported(acme.leads, acme.metadata, file, start(file))).name)
    await owner.execute(f"UPDATE import SET {change} WHERE id = (SELECT max(id) FROM import)")  # noqa: S608
    assert [one.name for one in (await listed(acme)).imports] == names[::-1]
    found = await acme.call(acme.leads.GetImport, pb.GetImportRequest(name=names[1]))
    assert (found.state, found.rows) == (pb.Import.STATE_FINISHED, 2)
