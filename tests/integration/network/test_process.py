"""The network as a real process: what it acknowledged outlives `kill -9`."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from grpc_health.v1 import health_pb2, health_pb2_grpc

from infra.local.network.ledger import read_ledger
from services.runtime.channel import connect
from shardhost.transports.simulated import SimulatedTransport
from shardhost.transports.simulated_session import SimulatedSession
from shardhost.transports.transport import NotSent, OpenRefused, SendAmbiguous, SessionEnd, SessionKey
from tests.integration.network.conftest import TIMEOUTS, Events, text, unheard
from tests.support.slowness import patient


@asynccontextmanager
async def network_process(
    ledger: Path, behavior: str, port: int = 0
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The process and its port; killed at the end if it still lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.local.network", "--port", str(port)),
        *("--ledger", str(ledger), "--behavior", behavior),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(patient(20)):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("listening 127.0.0.1:"), line
        yield process, int(line.rpartition(":")[2])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    told = Events()
    async with asyncio.TaskGroup() as group:
        async with network_process(ledger, "instant") as (process, port):
            transport = SimulatedTransport(f"127.0.0.1:{port}", "host-a", TIMEOUTS)
            group.create_task(transport.run())
            session = await transport.open(SessionKey(1, "60111", 7), told, unheard, unheard)
            acknowledged = await _send_until_killed(session, process)
        assert (await told.next()).end is SessionEnd.DISCONNECTED
        before = read_ledger(ledger)
        assert acknowledged <= {entry.wire_id for entry in before}
        async with network_process(ledger, "instant", port):
            session = await _reopened(transport)
            repeats = [await session.send(text(entry.wire_id)) for entry in before]
            assert all(accepted.repeated for accepted in repeats)
            assert not (await session.send(text("new"))).repeated
            await transport.close()
    entries = read_ledger(ledger)
    assert [entry.seq for entry in entries] == list(range(1, 2 * len(before) + 2))
    assert entries[-1].connection == 2


async def test_the_process_drains_on_sigterm_and_exits_with_0(tmp_path: Path) -> None:
    async with network_process(tmp_path / "ledger.jsonl", "usual") as (process, port):
        async with asyncio.TaskGroup() as group:
            transport = SimulatedTransport(f"127.0.0.1:{port}", "host-a", TIMEOUTS)
            group.create_task(transport.run())
            told = Events()
            await transport.open(SessionKey(1, "60111", 7), told, unheard, unheard)
            process.send_signal(signal.SIGTERM)
            assert (await told.next()).end is SessionEnd.DISCONNECTED
            await transport.close()
        async with asyncio.timeout(patient(10)):
            assert await process.wait() == 0


async def test_health_is_served(tmp_path: Path) -> None:
    async with (
        network_process(tmp_path / "ledger.jsonl", '{"conduct": {"lostAck": 0.5}}') as (_, port),
        connect(f"127.0.0.1:{port}", traced=False) as channel,
    ):
        request = health_pb2.HealthCheckRequest(service="kompang.simulation.v1.NetworkService")
        answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=patient(5.0))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def _send_until_killed(session: SimulatedSession, process: asyncio.subprocess.Process) -> set[str]:
    acknowledged: set[str] = set()
    for n in range(1_000_000):
        try:
            await asyncio.gather(*(session.send(text(f"w{n}-{i}")) for i in range(20)))
        except (SendAmbiguous, NotSent):
            return acknowledged
        acknowledged |= {f"w{n}-{i}" for i in range(20)}
        if n == 20:
            process.kill()
    raise AssertionError("the network cannot be killed")


async def _reopened(transport: SimulatedTransport) -> SimulatedSession:
    async with asyncio.timeout(patient(10)):
        while True:
            try:
                return await transport.open(SessionKey(1, "60111", 8), Events(), unheard, unheard)
            except OpenRefused:
                continue
