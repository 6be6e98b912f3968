"""How fast a list is imported: 1,000,000 rows by `kompang leads import`, on a durable Postgres.

Command, gateway and servers are processes of their own, and what each has in memory is told. Meanwhile
another caller asks for a lead again and again: an import must not be felt by others.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from gateway.client import dial
from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from kompang.v1 import devices_pb2, devices_pb2_grpc, leads_pb2, leads_pb2_grpc
from tests.bench.memory import backends_watched, peak_rss_mb
from tests.bench.rig import Figure, cpu_s, say, say_cpu

ROWS = 1_000_000
DEVICES = 300
_ASKED_EVERY_S = 0.02
_LOOKED_EVERY_S = 0.1
_COMMAND = (sys.executable, "-c", "from gateway.cli import main; main()", "leads", "import")
_OPTIONS = (
    "--country",
    "MY",
    "--consent",
    "Yes, write to me",
    "--consent-source",
    "counter",
    "--output",
    "json",
)
_CITIES = ("Ipoh", "Klang", "Kota Bharu", "Johor Bahru", "George Town")


async def run(stack: LocalStack, *, rows: int = ROWS) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its Postgres."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        write_list(path, rows)
        async with Mesh(stack, hosts=0, dispatchers=1, traces=False) as mesh:
            key = await mesh.create_account("bench")
            metadata = (("authorization", f"Bearer {key}"),)
            async with dial(mesh.gateway_address, mesh.gateway_trust) as channel:
                await _link(channel, metadata)
                return await _measured(mesh, channel, key, path, rows)


def write_list(path: Path, rows: int) -> None:
    """A list as a small business keeps it: numbers as people write them, two columns of its own."""
    with path.open("w", encoding="utf-8", newline="") as opened:
        opened.write("Nama,No. Telefon,Bandar,Kod Pelanggan\r\n")
        opened.writelines(_lines(rows))


def _lines(rows: int) -> Iterator[str]:
    for n in range(rows):
        # 012-2000000 and on, 1,000,000 of each prefix.
        phone = f"01{2 + n // 8_000_000}-{2_000_000 + n % 8_000_000:07d}"
        yield f"Aminah binti Ali {n},{phone},{_CITIES[n % len(_CITIES)]},K{n:07d}\r\n"


async def _link(channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...]) -> None:
    stub = devices_pb2_grpc.DevicesServiceStub(channel)
    devices = [devices_pb2.Device(phone=f"+6011{n:08d}") for n in range(DEVICES)]
    await stub.BatchCreateDevices(
        devices_pb2.BatchCreateDevicesRequest(devices=devices), metadata=metadata, timeout=30
    )


async def _measured(mesh: Mesh, channel: grpc.aio.Channel, key: str, path: Path, rows: int) -> list[Figure]:
    stub = leads_pb2_grpc.LeadsServiceStub(channel)
    metadata = (("authorization", f"Bearer {key}"),)
    environment = {**mesh.gateway_environment, "KOMPANG_API_KEY": key}
    seconds: list[float] = []
    command_mb = 0.0
    async with backends_watched(mesh.stack.postgres.process.pid) as backends:
        for created, options in ((True, _OPTIONS), (False, (*_OPTIONS, "--again"))):
            say(f"importing {rows} rows ({'new' if created else 'again'}); load {os.getloadavg()[0]:.1f}")
            async with _asking(stub, metadata) as waits:
                before = cpu_s(mesh)
                began = time.perf_counter()
                counts, peak = await _imported(path, options, environment)
                seconds.append(time.perf_counter() - began)
                command_mb = max(command_mb, peak)
                say_cpu(before, cpu_s(mesh), seconds[-1])
            if counts["created" if created else "unchanged"] != rows:
                raise AssertionError(f"not every row was imported: {counts}")
            if created:
                new_waits = sorted(waits)
    return [
        ("import_rows_per_s", rows / seconds[0], "1/s"),
        ("import_again_rows_per_s", rows / seconds[1], "1/s"),
        ("import_gateway_peak_rss_mb", peak_rss_mb(mesh.processes["gateway"].pid), "MB"),
        ("import_command_peak_rss_mb", command_mb, "MB"),
        ("import_backend_peak_rss_less_shared_mb", backends.mb, "MB"),
        ("import_other_calls_p50", 1000 * new_waits[len(new_waits) // 2], "ms"),
        ("import_other_calls_p99", 1000 * new_waits[int(len(new_waits) * 0.99)], "ms"),
    ]


async def _imported(
    path: Path, options: tuple[str, ...], environment: Mapping[str, str]
) -> tuple[dict[str, Any], float]:
    """The counts of one run of the command, and the most memory it had, in MB."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, str(path), *options, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    told = asyncio.create_task(process.communicate())
    peak = 0.0
    try:
        while not told.done():
            peak = max(peak, peak_rss_mb(process.pid))
            await asyncio.wait({told}, timeout=_LOOKED_EVERY_S)
        out, _ = await told
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise AssertionError(f"the command ended with {process.returncode}")
    counts: dict[str, Any] = json.loads(out)["counts"]
    return counts, peak


@asynccontextmanager
async def _asking(
    stub: leads_pb2_grpc.LeadsServiceStub, metadata: tuple[tuple[str, str], ...]
) -> AsyncIterator[list[float]]:
    """How long each call of another caller took, in seconds."""
    waits: list[float] = []

    async def ask() -> None:
        while True:
            began = time.perf_counter()
            await stub.ListLeads(leads_pb2.ListLeadsRequest(page_size=1), metadata=metadata, timeout=10)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(_ASKED_EVERY_S)

    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask())
        try:
            yield waits
        finally:
            asking.cancel()
