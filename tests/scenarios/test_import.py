"""A list is imported while the gateway is killed again and again."""

import asyncio
from pathlib import Path

import asyncpg
import grpc

from kompang.v1 import imports_pb2 as pb
from kompang.v1 import leads_pb2_grpc
from tests.scenarios.integrator import integrator
from tests.scenarios.processes import ProcessMesh
from tests.support.importing import PATIENCE_S, imported, rows_of, start, tally, written
from tests.support.proxy import proxied

ROWS = 40_000
KILLS = 3
# The file takes seconds, however fast the gateway is, so that each kill finds it under way.
LINK_BYTES_PER_S = 200_000


async def test_the_gateway_is_killed_in_the_middle_of_an_import(
    processes: ProcessMesh, tmp_path: Path
) -> None:
    """Only of a process, whose address stays: a task has nothing that a kill could leave half done."""
    mesh = processes
    key = await mesh.create_account("acme")
    # Every fifth row is refused, and the second half repeats some of the first.
    text = rows_of(ROWS).replace("5,012-", "5,n/a ") + rows_of(2000)
    file = written(tmp_path, "Name,Phone,City\n" + text)
    begin = start(file, consent=pb.ImportConsent(source="counter", wording="Yes"))
    metadata = (("authorization", f"Bearer {key}"),)
    places = asyncio.Queue[int]()

    def hear(response: pb.ImportLeadsResponse) -> None:
        if response.HasField("progress"):
            places.put_nowait(response.progress.offset)

    async with integrator(mesh.gateway_address, key) as client:
        await client.create_devices(3, min_s=1, max_s=1)
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    async with (
        proxied(mesh.gateway_address) as link,
        grpc.aio.insecure_channel(link.address, options=options) as channel,
    ):
        link.bytes_per_s = LINK_BYTES_PER_S
        stub = leads_pb2_grpc.LeadsServiceStub(channel)
        importing = asyncio.create_task(imported(stub, metadata, file, begin, hear))
        place = 0
        for _ in range(KILLS):
            while (reached := await asyncio.wait_for(places.get(), PATIENCE_S)) <= place:
                pass
            place = reached
            await mesh.kill("gateway")
            await mesh.start("gateway")
        assert not importing.done()
        link.bytes_per_s = None
        result = await asyncio.wait_for(importing, 2 * PATIENCE_S)
        again = await imported(stub, metadata, file, start(file, consent=begin.options.consent))
    refused = text.count("n/a")
    assert refused > 0
    assert tally(result) == (ROWS - refused + 200, 0, 0, 1800, refused)
    assert tally(again) == (0, 0, ROWS - refused + 200, 1800, refused)
    connection = await asyncpg.connect(mesh.owner_dsn, ssl=False, server_settings={"search_path": "kompang"})
    try:
        assert await connection.fetchval("SELECT count(*) FROM lead") == ROWS - refused + 200
        assert await connection.fetchval("SELECT count(*) FROM consent") == ROWS - refused + 200
        lines = await connection.fetch(
            "SELECT count(*), count(DISTINCT line) FROM import_error GROUP BY import_id"
        )
        assert [tuple(row) for row in lines] == [(refused, refused)] * 2
    finally:
        await connection.close(timeout=10)
