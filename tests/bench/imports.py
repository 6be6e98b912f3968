"""How fast a list is imported: 1,000,000 rows through a gateway of its own process, on a durable Postgres.

Meanwhile another caller asks for a lead again and again: an import must not be felt by others.
"""

import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from gateway.cli.leads.file import File
from gateway.cli.leads.upload import Upload
from infra.local.mesh import Mesh
from infra.local.stack import LocalStack
from kompang.v1 import devices_pb2, devices_pb2_grpc, imports_pb2, leads_pb2, leads_pb2_grpc
from tests.bench.rig import Figure, cpu_s, say, say_cpu

ROWS = 1_000_000
DEVICES = 300
_ASKED_EVERY_S = 0.02
_PATIENCE_S = 30.0
_CITIES = ("Ipoh", "Klang", "Kota Bharu", "Johor Bahru", "George Town")


async def run(stack: LocalStack, *, rows: int = ROWS) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its Postgres."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        write_list(path, rows)
        async with Mesh(stack, hosts=0, dispatchers=1, traces=False) as mesh:
            key = await mesh.create_account("bench")
            metadata = (("authorization", f"Bearer {key}"),)
            async with grpc.aio.insecure_channel(mesh.gateway_address) as channel:
                await _link(channel, metadata)
                return await _measured(mesh, channel, metadata, path, rows)


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


async def _measured(
    mesh: Mesh, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...], path: Path, rows: int
) -> list[Figure]:
    stub = leads_pb2_grpc.LeadsServiceStub(channel)
    peak = 0.0

    def hear(_: imports_pb2.ImportLeadsResponse) -> None:
        nonlocal peak
        peak = max(peak, mesh.rss_bytes("gateway") / 1e6)

    file = File.read(path)
    seconds: list[float] = []
    for name in ("new", "again"):
        say(f"importing {rows} rows ({name})")
        start = imports_pb2.ImportStart(
            request_id=str(uuid.uuid4()),
            size=file.size,
            head_sha256=file.head_sha256,
            options=imports_pb2.ImportOptions(
                country="MY", consent=imports_pb2.ImportConsent(source="counter", wording="Yes, write to me")
            ),
        )
        async with _asking(stub, metadata) as waits:
            before = cpu_s(mesh)
            began = time.perf_counter()
            result = await Upload(stub, metadata, file, start, hear).run(_PATIENCE_S)
            seconds.append(time.perf_counter() - began)
            say_cpu(before, cpu_s(mesh), seconds[-1])
        counts = result.counts
        if (counts.created, counts.unchanged)[len(seconds) - 1] != rows:
            raise AssertionError(f"not every row was imported: {counts}")
        if name == "new":
            new_waits = sorted(waits)
    return [
        ("import_rows_per_s", rows / seconds[0], "1/s"),
        ("import_again_rows_per_s", rows / seconds[1], "1/s"),
        ("import_gateway_rss_mb", peak, "MB"),
        ("import_other_calls_p50", 1000 * new_waits[len(new_waits) // 2], "ms"),
        ("import_other_calls_p99", 1000 * new_waits[int(len(new_waits) * 0.99)], "ms"),
    ]


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
