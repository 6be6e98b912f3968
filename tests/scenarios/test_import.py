"""A list is imported while the gateway is killed again and again, and while Postgres is restarted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import asyncpg
import grpc

from gateway.cli.leads.imports.file import File
from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2_grpc
from tests.scenarios.integrator import integrator
from tests.scenarios.processes import ProcessMesh
from tests.support.importing import PATIENCE_S, Metadata, imported, rows_of, start, tally, written
from tests.support.proxy import Proxy, proxied

ROWS = 6_000
# Every fifth row is refused, and the end repeats some of the first.
TEXT = "Name,Phone,City\n" + rows_of(ROWS).replace("5,012-", "5,n/a ") + rows_of(2000)
REFUSED = TEXT.count("n/a")
LEADS = ROWS - REFUSED + 200
DUPLICATES = 1800
STATEMENT = pb.ImportConsent(source="counter", wording="Yes")
KILLS = 3
# The file takes seconds, however fast the gateway is, so that each fault finds it under way.
LINK_BYTES_PER_S = 35_000
# Smaller than the command's, for as many of them.
CHUNK = 60_000

# Of the newest account, which is this scenario's.
_KEPT = """
SELECT (SELECT count(*) FROM lead WHERE account_id = newest.id),
    (SELECT count(*) FROM consent c JOIN lead l ON l.id = c.lead_id WHERE l.account_id = newest.id)
FROM (SELECT max(id) AS id FROM account) newest
"""
_REFUSED = """
SELECT count(*), count(DISTINCT e.line) FROM import_error e JOIN import ON import.id = import_id
WHERE account_id = (SELECT max(id) FROM account) GROUP BY import_id
"""


@dataclass
class Importing:
    """An import over a slow link; `places` are those told on the way."""

    stub: Any
    metadata: Metadata
    file: File
    link: Proxy
    places: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    reached: int = 0

    def begin(self) -> "asyncio.Task[pb.ImportResult]":
        first = start(self.file, consent=STATEMENT)
        return asyncio.create_task(imported(self.stub, self.metadata, self.file, first, self._hear))

    def _hear(self, response: pb.ImportLeadsResponse) -> None:
        if response.HasField("progress"):
            self.places.put_nowait(response.progress.offset)

    async def until_further(self) -> None:
        """Waits until more of the file is done than the last time."""
        while (place := await asyncio.wait_for(self.places.get(), PATIENCE_S)) <= self.reached:
            pass
        self.reached = place


@asynccontextmanager
async def importing(mesh: ProcessMesh, folder: Path) -> AsyncIterator[Importing]:
    key = await mesh.create_account("acme")
    async with integrator(mesh.gateway_address, key, mesh.ca_file) as client:
        await client.create_devices(3, min_s=1, max_s=1)
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    async with (
        AsyncExitStack() as stack,
        proxied(mesh.gateway_address) as link,
        grpc.aio.insecure_channel(link.address, options=options) as channel,
    ):
        stack.enter_context(mock.patch("gateway.cli.leads.imports.upload.CHUNK", CHUNK))
        link.bytes_per_s = LINK_BYTES_PER_S
        stub = leads_pb2_grpc.LeadsServiceStub(channel)
        yield Importing(stub, (("authorization", f"Bearer {key}"),), written(folder, TEXT), link)


async def test_the_gateway_is_killed_in_the_middle_of_an_import(
    processes: ProcessMesh, tmp_path: Path
) -> None:
    """Only of a process, whose address stays: a task has nothing that a kill could leave half done."""
    async with importing(processes, tmp_path) as scene:
        result = scene.begin()
        for _ in range(KILLS):
            await scene.until_further()
            await processes.kill("gateway")
            await processes.start("gateway")
        await assert_each_row_once(scene, result, processes)


async def test_postgres_is_restarted_in_the_middle_of_an_import(
    processes: ProcessMesh, tmp_path: Path
) -> None:
    """Batches that it had not written to its disk are gone with their place in the file, and come again."""
    postgres = processes.stack.postgres
    async with importing(processes, tmp_path) as scene:
        result = scene.begin()
        await scene.until_further()
        try:
            await postgres.stop("immediate")
        finally:
            await postgres.start()
        await assert_each_row_once(scene, result, processes)


async def assert_each_row_once(
    scene: Importing, running: "asyncio.Task[pb.ImportResult]", mesh: ProcessMesh
) -> None:
    """Lets the import come to its end, and the same file once more."""
    assert not running.done()
    scene.link.bytes_per_s = None
    result = await asyncio.wait_for(running, 2 * PATIENCE_S)
    assert tally(result) == (LEADS, 0, 0, DUPLICATES, REFUSED)
    assert tally(await scene.begin()) == (0, 0, LEADS, DUPLICATES, REFUSED)
    connection = await asyncpg.connect(mesh.owner_dsn, ssl=False, server_settings={"search_path": "kompang"})
    try:
        assert tuple(await connection.fetchrow(_KEPT)) == (LEADS, LEADS)
        lines = await connection.fetch(_REFUSED)
        assert [tuple(row) for row in lines] == [(REFUSED, REFUSED)] * 2
    finally:
        await connection.close(timeout=10)
