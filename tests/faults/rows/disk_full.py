"""Row 13: the disk of Postgres is full, its tables' and its log's, under load.

The cluster is on a tmpfs of its own. While that is full, a table that has to grow is an error of one
statement; a log that has to grow is a panic, and Postgres cannot recover from it before there is room. When
its postmaster ends over that, it is started again and again, as whoever runs it would (systemd, Kubernetes);
that is all that is done for it.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from grpc import StatusCode

from infra.local.errors import StartFailed
from infra.local.servers.postgres import Postgres
from infra.local.servers.small_disk import SmallDisk, why_unavailable
from tests.faults.context import FaultRun, fault_run
from tests.faults.owner import Away
from tests.faults.progress import say
from tests.faults.upserts import upserting
from tests.faults.verdict import Broken, NotAvailable
from tests.scenarios.integrator import integrator

_DISK_BYTES = 256 << 20
_DEADLINE_S = 60.0
_LOOK_S = 0.2
_RESTART_S = 1.0
_NEXT_SEGMENT = "SELECT pg_logical_emit_message(false, 'faults', '.'), pg_switch_wal()"


async def run(draw: random.Random, full_s: float = 15.0) -> str:
    """The figures. Raises Broken, NotAvailable."""
    if why := await asyncio.to_thread(why_unavailable):
        raise NotAvailable(why)
    async with fault_run(draw, durable=True, disk_bytes=_DISK_BYTES) as stage:
        key = await stage.mesh.create_account("integrator")
        async with integrator(stage.mesh.gateway_address, key, stage.mesh.ca_file) as client:
            async with upserting(client) as upserts:
                tables = await _fill(stage, stage.pause, full_s)
                log = await _fill(stage, partial(_use_up_log, stage), full_s)
            say(f"upserts: {upserts.told()}")
            upserts.assert_clear(StatusCode.RESOURCE_EXHAUSTED, StatusCode.UNAVAILABLE)
            if not upserts.refused:
                raise Broken("nobody was refused anything: the row shows nothing")
            await upserts.assert_all_there()
        accepted = await stage.finish()
    return (
        f"{accepted} sends, upserts {upserts.told()}: recovered {tables:.1f} s after there was room, "
        f"{log:.1f} s after a panic over the log"
    )


async def _fill(stage: FaultRun, meanwhile: Callable[[float], Awaitable[object]], seconds: float) -> float:
    """Until every device has sent, from the moment that there is room."""
    disk = stage.stack.postgres.disk
    assert disk is not None
    # Leaves the log some room of its own: at first it is the tables that find none.
    await stage.owner.fetch("CHECKPOINT")
    await stage.pause(2.0, 5.0)
    async with _restarted(stage.stack.postgres) as ends:
        async with _full(disk):
            await meanwhile(seconds)
        at = time.monotonic()
        recovered = max(await stage.until_all_send(at, _DEADLINE_S))
    say(
        f"disk full for {seconds:g} s: Postgres ended {len(ends)} times, all devices send {recovered:.1f} s "
        "after there was room"
    )
    return recovered


async def _use_up_log(stage: FaultRun, seconds: float) -> None:
    """Let the log go through the segments it has, so that it needs a new one.

    Raises Broken without a panic.
    """
    panics, end = _panics(stage), time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            await stage.owner.fetch(_NEXT_SEGMENT)
        except Away:
            await stage.pause(_LOOK_S)
    if _panics(stage) == panics:
        raise Broken("the log found room: the row shows nothing")


def _panics(stage: FaultRun) -> int:
    return stage.stack.postgres.log_path.read_text().count("PANIC:")


@asynccontextmanager
async def _full(disk: SmallDisk) -> AsyncIterator[None]:
    """Full, and kept full: what Postgres frees is taken as well."""

    # Not cancelled, but told: a thread that is filling cannot be stopped, and would go on after the clearing.
    is_over = asyncio.Event()

    async def top_up() -> None:
        while not is_over.is_set():
            await asyncio.to_thread(disk.fill)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await is_over.wait()

    async with asyncio.TaskGroup() as group:
        filling = group.create_task(top_up())
        try:
            yield
        finally:
            is_over.set()
            await asyncio.wait([filling])
            disk.clear()


@asynccontextmanager
async def _restarted(postgres: Postgres) -> AsyncIterator[list[float]]:
    """Start Postgres again whenever it has ended by itself; the moments when it had."""
    ends: list[float] = []

    async def look() -> None:
        while True:
            if not postgres.process.alive:
                ends.append(time.monotonic())
                try:
                    await postgres.start()
                except StartFailed:
                    await asyncio.sleep(_RESTART_S)
            await asyncio.sleep(_LOOK_S)

    async with asyncio.TaskGroup() as group:
        supervisor = group.create_task(look())
        yield ends
        supervisor.cancel()
