"""An import goes on where it stopped, each row once."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

import gateway.imports.running.run as imports_run
from gateway.cli.leads.imports.file import File
from gateway.imports.running.pipeline import BATCH_ROWS
from kompang.v1 import imports_pb2 as pb
from tests.integration.gateway.import_calls import (
    HEADER,
    answers,
    chunk,
    opening,
    refused,
    stored,
)
from tests.integration.gateway.mesh import Client, Gateway, refusal, running
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.importing import imported, rows_of, start, tally, written


def long_rows(count: int) -> str:
    """Few of them make a file of which the half is more than the gateway looks at first."""
    return rows_of(count).replace("Ipoh", "Ipoh" + " by the river" * 15)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the usual: as many batches of a tenth of the rows."""
    monkeypatch.setattr(imports_run, "BATCH_ROWS", BATCH_ROWS // 10)


@pytest.fixture(autouse=True)
def _of_more_than_is_looked_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file stands for one that is longer than what is read before anything is written."""
    monkeypatch.setattr(imports_run, "FURTHEST", 0)


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


async def _until_end(call: Any) -> None:
    async for _ in call:
        pass


async def test_an_import_goes_on_where_it_stopped(acme: Client, gateway: Gateway, tmp_path: Path) -> None:
    await acme.linked(1)
    text = HEADER + long_rows(1500) + long_rows(1500)
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
    assert tally(result) == (1500, 0, 0, 1500, 0)
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM lead") == 1500
        assert await connection.fetchval("SELECT count(*) FROM import_seen") == 0
    # And once it is finished, the same request only tells the result.
    assert await imported(acme.leads, acme.metadata, file, begin) == result


async def test_a_caller_without_the_hash_of_the_head_sends_the_whole_file_again(
    acme: Client, gateway: Gateway
) -> None:
    await acme.linked(1)
    content = (HEADER + long_rows(3000)).encode()
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
    assert tally(responses[-1].result) == (3000, 0, 0, 0, 0)


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


async def test_of_two_calls_with_one_import_each_row_is_written_once(
    acme: Client, gateway: Gateway, tmp_path: Path
) -> None:
    await acme.linked(1)
    file = written(tmp_path, HEADER + rows_of(800))
    begin = start(file)
    results = await asyncio.gather(*(imported(acme.leads, acme.metadata, file, begin) for _ in range(3)))
    assert [tally(result) for result in results] == [(800, 0, 0, 0, 0)] * 3
    async with gateway.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM lead") == 800


async def test_a_drain_ends_an_import_and_another_gateway_goes_on(
    database: Database, consul_address: str, tmp_path: Path
) -> None:
    async with running(database, consul_address) as going, running(database, consul_address) as staying:
        key = await going.key("acme")
        leaver, stayer = Client(going.channel, key), Client(staying.channel, key)
        await leaver.linked(1)
        text = (HEADER + long_rows(600)).encode()
        begin = start(written(tmp_path, text))
        call = leaver.leads.ImportLeads(metadata=leaver.metadata, timeout=20)
        await call.write(opening(begin))
        await call.write(chunk(text[:50_000]))
        assert (await call.read()).HasField("started")
        going.life.drain()
        told = await refusal(call.read())
        assert told.code is grpc.StatusCode.UNAVAILABLE
        result = await imported(stayer.leads, stayer.metadata, File.read(tmp_path / "leads.csv"), begin)
        assert tally(result) == (600, 0, 0, 0, 0)
