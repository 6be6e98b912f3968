"""The whole process: its face, its own rhythm, its drain, and kill -9."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.enrollment.process import run
from services.enrollment.scan import Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Listener
from services.runtime.channel import connect
from services.runtime.lifecycle import Life
from tests.integration.enrollment.book import Book, Tally
from tests.support.eventually import eventually
from tests.support.slowness import patient

ROOT = Path(__file__).parents[3]
SLOW = {"KOMPANG_ENROLLMENT_LEADS_PER_SECOND": "400", "KOMPANG_ENROLLMENT_BATCH_LEADS": "20"}


@asynccontextmanager
async def enrollment(
    settings: EnrollmentSettings,
) -> AsyncIterator[enrollment_pb2_grpc.EnrollmentServiceStub]:
    """The process inside this one, and a stub connected to it; drained at the end."""
    async with served(settings) as address, connect(address) as channel:
        yield enrollment_pb2_grpc.EnrollmentServiceStub(channel)


@asynccontextmanager
async def served(settings: EnrollmentSettings) -> AsyncIterator[str]:
    """The address of the process inside this one; drained at the end."""
    life = Life()
    process = asyncio.create_task(run(settings, life))
    ready = asyncio.create_task(life.when_ready())
    await asyncio.wait([process, ready], return_when=asyncio.FIRST_COMPLETED)
    if process.done():
        process.result()
    try:
        yield ready.result()
    finally:
        life.drain()
        async with asyncio.timeout(patient(10)):
            await process


@asynccontextmanager
async def real_process(
    settings: EnrollmentSettings, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.enrollment`; killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.enrollment",
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "protos" / "gen"),
            "KOMPANG_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
            "KOMPANG_CONSUL_ADDRESS": settings.consul_address,
            **environment,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_run_now_answers_with_what_it_wrote(book: Book, settings: EnrollmentSettings) -> None:
    head = await book.chain()
    async with enrollment(settings) as stub:
        await book.leads(120)
        request = enrollment_pb2.RunNowRequest(account_id=book.account_id, sequence_id=head)
        answer = await stub.RunNow(request, timeout=10)
        # The process's own first scan may have been as fast.
        assert answer.message_count == answer.enrolled_count * 11
        again = await stub.RunNow(request, timeout=10)
        assert (again.enrolled_count, again.message_count) == (0, 0)
    assert await book.tally(head) == Tally(120, 1320, 0)


async def test_run_now_of_an_inactive_sequence_says_so(book: Book, settings: EnrollmentSettings) -> None:
    silent = await book.sequence("silent", [0], trigger="COLDEXSTART", is_active=False)
    async with enrollment(settings) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.RunNow(
                enrollment_pb2.RunNowRequest(account_id=book.account_id, sequence_id=silent), timeout=10
            )
        assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        info = error_details_pb2.ErrorInfo()
        status = rpc_status.from_call(raised.value)
        assert status is not None
        assert status.details[0].Unpack(info)
        assert info.reason == "SEQUENCE_NOT_LISTENING"
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.RunNow(enrollment_pb2.RunNowRequest(), timeout=10)
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_it_scans_by_itself(book: Book, settings: EnrollmentSettings) -> None:
    head = await book.chain()
    async with enrollment(settings.model_copy(update={"enrollment_interval_s": 0.05})):
        await book.leads(30)

        async def enrolled() -> bool:
            return await book.tally(head) == Tally(30, 330, 0)

        await eventually(enrolled, within_s=30)


async def test_kill_9_midway_loses_and_repeats_nothing(
    book: Book, settings: EnrollmentSettings, scanner: Scanner
) -> None:
    head = await book.chain()
    await book.leads(2000)

    async def midway() -> bool:
        return (await book.tally(head)).leads > 400

    async with real_process(settings, **SLOW) as process:
        await eventually(midway, within_s=30)
        process.kill()
        assert await process.wait() == -signal.SIGKILL
    # No batch is half there, even before anybody goes on.
    left = await book.tally(head)
    assert 400 < left.leads < 2000
    assert left == Tally(left.leads, left.leads * 11, 0)

    async def whole() -> bool:
        # The killed process's last batch may still hold its leads for a moment: the next scan has them.
        await scanner.scan(Listener(book.account_id, head))
        return await book.tally(head) == Tally(2000, 22000, 0)

    await eventually(whole, within_s=30)


async def test_sigterm_finishes_the_batches_in_flight_and_leaves_at_once(
    book: Book, settings: EnrollmentSettings
) -> None:
    head = await book.chain()
    await book.leads(2000)

    async def begun() -> bool:
        return (await book.tally(head)).leads > 0

    async with real_process(settings, **SLOW) as process:
        await eventually(begun, within_s=30)
        process.terminate()
        async with asyncio.timeout(patient(5)):
            assert await process.wait() == 0
    left = await book.tally(head)
    assert left == Tally(left.leads, left.leads * 11, 0)
    assert left.leads < 2000
