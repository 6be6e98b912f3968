"""Receipts through dispatch: a host that has heard of everything at once, and one replica that records it.

Each message is delivered, and then most are read: each time a row changes, an event is written, and a share
of the step's count. Frames, and how many are on the way at a time, are those of a shard host.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg

from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.runtime.channel import connect
from shardhost.outbox import FRAME_ENTRIES
from shardhost.receipts import FRAMES_OUT
from tests.bench.rig import Figure, cpu_s, say, say_cpu
from tests.support import rows

DEVICES = 3000
MESSAGES = 100_000
_READ_SHARE = 5  # of six
_SHARDS = 256

# As a sequence leaves them: due over the last days, each accepted a little after it was due.
_SENT = """
INSERT INTO message (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position, state,
    attempts, epoch, handed_at, sent_at, text_hash)
SELECT $1, n, n, $2 + n % 5, device.id, at, 1, 'sent', 1, 1, at, at, '12345678'
FROM generate_series(1, $3::int) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM device) device
    ON device.place = n % $4::int
CROSS JOIN LATERAL (SELECT now() - interval '5 days' * random() AS at) moment
"""
_HELD = "INSERT INTO lease_grant (shard, incarnation, epoch) SELECT n, $1, 1 FROM generate_series(0, $2) n"
_WIRES = """
SELECT device_id, wire_id(cluster.id, message.id) AS wire_id FROM message, cluster ORDER BY random()
"""


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    mesh = Mesh(stack, hosts=1, dispatchers=1, behavior="instant", traces=False, tls=False)
    async with mesh, mesh.connection() as connection:
        incarnation = str(uuid.uuid4())
        receipts = await _population(connection, incarnation)
        [dispatcher] = [name for name in mesh.processes if name.startswith("dispatch")]
        say(f"{len(receipts):,} receipts")
        async with connect(mesh.spec(dispatcher).address, traced=False) as channel:
            call: Any = dispatch_pb2_grpc.DispatchServiceStub(channel).Attach()
            hello = pb.Hello(host_id="bench", incarnation=incarnation, consul_session="none")
            await call.write(pb.AttachRequest(hello=hello))
            await call.read()
            before, begun = cpu_s(mesh), time.monotonic()
            await _tell(call, receipts)
            seconds, after = time.monotonic() - begun, cpu_s(mesh)
            call.cancel()
        left = await connection.fetchval("SELECT count(*) FROM message WHERE state = 'sent'")
    if left:
        raise AssertionError(f"{left} messages are not delivered")
    say_cpu(before, after, seconds)
    spent = {name: (after[name] - before[name]) / len(receipts) * 1e6 for name in after}
    return [
        ("receipts_per_s", len(receipts) / seconds, "1/s"),
        ("receipt_dispatch_cpu_us", spent[dispatcher], "us"),
        ("receipt_postgres_cpu_us", spent[stack.postgres.name], "us"),
    ]


async def _population(connection: asyncpg.Connection, incarnation: str) -> list[pb.Receipt]:
    account = await rows.account(connection)
    await rows.devices(connection, account, DEVICES)
    sequence = await rows.sequence(connection, account, 5)
    first = await connection.fetchval("SELECT min(id) FROM sequence_step WHERE sequence_id = $1", sequence)
    await connection.execute("SELECT ensure_partitions(now() - interval '1 week', now())")
    await connection.execute(_SENT, account, first, MESSAGES, DEVICES, timeout=120)
    await connection.execute(_HELD, incarnation, _SHARDS - 1)
    await connection.execute("VACUUM (ANALYZE)", timeout=120)
    wires = await connection.fetch(_WIRES, timeout=120)
    return [*_receipts(wires, pb.Receipt.KIND_DELIVERED), *_receipts(wires, pb.Receipt.KIND_READ)]


def _receipts(wires: Sequence[Any], kind: pb.Receipt.Kind) -> Iterator[pb.Receipt]:
    for number, row in enumerate(wires):
        if kind == pb.Receipt.KIND_DELIVERED or number % (_READ_SHARE + 1):
            yield pb.Receipt(device_id=row["device_id"], wire_id=row["wire_id"], kind=kind)


async def _tell(call: Any, receipts: Sequence[pb.Receipt]) -> None:
    """Returns when the last frame is acknowledged."""
    room = asyncio.Semaphore(FRAMES_OUT)
    starts = range(0, len(receipts), FRAME_ENTRIES)

    async def write() -> None:
        for number, start in enumerate(starts, start=1):
            await room.acquire()
            frame = pb.ReceiptFrame(frame_id=number, receipts=receipts[start : start + FRAME_ENTRIES])
            await call.write(pb.AttachRequest(receipts=frame))

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        for _ in starts:
            while (await call.read()).WhichOneof("frame") != "receipt_ack":
                pass
            room.release()
