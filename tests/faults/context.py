"""A stage for faults: servers, a mesh of real processes, a load that runs, and the checker at the end."""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from infra.local.errors import StartFailed
from infra.local.mesh import Mesh
from infra.local.network import presets
from infra.local.network.ledger import Entry, read_ledger
from infra.local.reconcile import Records, read_records
from infra.local.servers.stack import LocalStack
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from services.runtime.channel import connect
from tests.faults import broken
from tests.faults.load import SQL, Load, Size
from tests.faults.owner import Away, Owner
from tests.faults.progress import say
from tests.faults.verdict import Allowance, Broken, assert_held
from tests.faults.watch import Watch
from tests.support.quick_disk import quick_disk

T = TypeVar("T")

SHARDS = 64
# The term is the product's default, the session's TTL what the issue asks of tests.
OVERRIDES: Mapping[str, Mapping[str, str]] = {
    "dispatch": {"KOMPANG_TERM_S": "5", "KOMPANG_CURSOR_S": "5"},
    "host": {"KOMPANG_SESSION_TTL_S": "10", "KOMPANG_SEND_TIMEOUT_S": "3"},
}
_LOOK_S = 0.05
_CONTROL_S = 5.0
_DRAINED_S = 150.0
_WARM_S = 60.0
# What a broken_promises row leaves behind for people; `make clean` removes it.
_KEPT = Path(__file__).parents[2] / ".run" / "faults"


@dataclass
class FaultRun:
    """Made by `fault_run`. Waiting raises StartFailed, which says what was waited for."""

    stack: LocalStack
    mesh: Mesh
    owner: Owner
    load: Load
    watch: Watch
    draw: random.Random
    in_flight: int = 0
    quick: dict[str, int] = field(default_factory=dict)
    """The shard of each quick device."""

    async def fault(self, name: str, number: int, *, others: Iterable[str] = ()) -> float:
        """Send a process a signal; what it has in flight may be repeated. The moment, monotonic."""
        await self.expect_repeats((name, *others))
        self.mesh.kill(name, number)
        return time.monotonic()

    async def expect_repeats(self, hosts: Iterable[str]) -> None:
        """What these hosts have in flight from now until their successors look may be repeated."""
        held = await self.owned()
        self.in_flight += sum(host in set(hosts) for host, _ in held.values())
        self.in_flight += await self._slow_devices()

    async def owned(self) -> dict[str, tuple[str, int]]:
        """Host and epoch of each quick device. Raises Away."""
        rows = await self.owner.fetch(SQL.owned)
        return {row["phone"]: (row["host"], row["epoch"]) for row in rows}

    async def epochs_of(self, host: str) -> dict[str, int]:
        """The quick devices of a host, each with its epoch."""
        return {phone: epoch for phone, (owner, epoch) in (await self.owned()).items() if owner == host}

    async def some_host(self) -> str:
        """One of those that have devices now; any, when none has."""
        owners = {host for host, _ in (await self.owned()).values()}
        return self.draw.choice(sorted(owners or self.mesh.hosts))

    async def handed(self, hosts: Iterable[str]) -> dict[str, int]:
        """What these hosts have in flight now: the message of each id on the wire. Raises Away."""
        return {row["wire_id"]: row["id"] for row in await self.owner.fetch(SQL.handed, list(hosts))}

    async def until(self, probe: Callable[[], Awaitable[object]], what: str, seconds: float) -> None:
        """Ask again and again until yes; while Postgres is away the answer is no."""

        async def ask() -> bool:
            self.watch.look()
            try:
                return bool(await probe())
            except Away:
                return False

        await self.mesh.until(ask, what, seconds)

    async def until_taken_over(self, epochs: Mapping[str, int], start: float, seconds: float) -> list[float]:
        """Wait until each device has sent under a later epoch; how long after `start` each did."""

        async def all_send() -> bool:
            return epochs.keys() <= self.watch.first_under_later_epoch(epochs, start).keys()

        await self.until(all_send, f"{len(epochs)} devices send under a later epoch", seconds)
        return [at - start for at in self.watch.first_under_later_epoch(epochs, start).values()]

    async def until_all_send(self, start: float, seconds: float, what: str = "") -> list[float]:
        """Wait until each quick device has sent after `start`; how long after it each did."""

        async def all_send() -> bool:
            return len(self.watch.first_since(self.quick, start)) == len(self.quick)

        await self.until(all_send, what or "every device sends again", seconds)
        return [at - start for at in self.watch.first_since(self.quick, start).values()]

    async def pause(self, low: float, high: float | None = None) -> None:
        """Let the load run for a while: so many seconds, or at random between two."""
        seconds = low if high is None else self.draw.uniform(low, high)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.mesh.check()
            await asyncio.sleep(min(left, 0.5))
        self.watch.look()

    async def behave(self, script: behavior_pb2.Behavior) -> None:
        """Change the network's ways."""
        async with self._network() as network:
            request = network_pb2.SetBehaviorRequest(behavior=script)
            await network.SetBehavior(request, timeout=_CONTROL_S)

    async def disrupt(self, disruption: "network_pb2.Disruption", phone: str, hold_ms: int = 0) -> None:
        """Do something to a device."""
        async with self._network() as network:
            request = network_pb2.DisruptRequest(disruption=disruption, phone=phone, hold_ms=hold_ms)
            await network.Disrupt(request, timeout=_CONTROL_S)

    @asynccontextmanager
    async def replies(self) -> AsyncIterator[Callable[[str, str, str], Awaitable[None]]]:
        """People write: the device's number, the person's, the text."""
        async with self._network() as network:

            async def reply(phone: str, sender: str, text: str) -> None:
                request = network_pb2.ReplyRequest(phone=phone, sender=sender, text=text)
                await network.Reply(request, timeout=_CONTROL_S)

            yield reply

    async def stats(self) -> network_pb2.Stats:
        """What the network has counted since its start."""
        async with self._network() as network:
            counted: network_pb2.Stats = await network.GetStats(
                network_pb2.GetStatsRequest(), timeout=_CONTROL_S
            )
        return counted

    async def finish(self) -> int:
        """Stop feeding, wait until every message is at its end, and check; how many were accepted.

        Raises:
            Broken: a promise did not hold.

        """
        await self.drained()
        records, ledger, allowance = await self.evidence()
        if len(records.enrollments) < self.load.acknowledged:
            raise Broken(
                f"{self.load.acknowledged} enrollments were committed, {len(records.enrollments)} are there"
            )
        await asyncio.to_thread(assert_held, records, ledger, allowance)
        return len(ledger)

    async def drained(self) -> None:
        """Stop feeding, and return when every message is at its end. Raises Broken, with what is left."""
        self.load.stop()

        async def is_over() -> bool:
            return await self.owner.value(SQL.open) == 0

        try:
            await self.until(is_over, "every message is at its end", _DRAINED_S)
        except StartFailed as error:
            left = [str(dict(row)) for row in await self.owner.fetch(SQL.left_open)]
            raise Broken("\n".join([f"{error}; left open:", *left])) from error

    async def evidence(self) -> tuple[Records, list[Entry], Allowance]:
        """What the checker is given: Postgres, the ledger, and what may be in it."""
        stats = await self.stats()
        records = await read_records(self.mesh.owner_dsn)
        return records, read_ledger(self.mesh.ledger_path), Allowance(self.in_flight, stats.lost_count)

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[network_pb2_grpc.NetworkServiceStub]:
        async with connect(self.mesh.network_address, traced=False) as channel:
            yield network_pb2_grpc.NetworkServiceStub(channel)

    async def _slow_devices(self) -> int:
        count: int = await self.owner.value("SELECT count(*) FROM device WHERE max_delay >= interval '3 s'")
        return count


@asynccontextmanager
async def fault_run(
    draw: random.Random,
    *,
    size: Size | None = None,
    behavior: behavior_pb2.Behavior | None = None,
    hosts: int = 3,
    dispatchers: int = 2,
    enrollments: int = 1,
    gateways: int = 1,
    consul_servers: int = 1,
    durable: bool = False,
    disk_bytes: int = 0,
    overrides: Mapping[str, Mapping[str, str]] | None = None,
    modules: Mapping[str, Sequence[str]] | None = None,
    without: Mapping[str, Sequence[str]] | None = None,
    tls: bool | None = None,
) -> AsyncIterator[FaultRun]:
    """Everything started, every quick device sending. Where the block raises, logs and ledger are kept.

    `modules` runs others in place of the product's, by kind of process; `without` takes guards away from
    them: see `tests.faults.broken`. `tls` as of `Mesh`.
    """
    # Where nothing has to outlast the machine, a disk would only cost time.
    disk = None if durable or disk_bytes else quick_disk()
    async with LocalStack(disk, consul_servers, durable=durable, disk_bytes=disk_bytes) as stack:
        mesh = Mesh(
            stack,
            hosts=hosts,
            dispatchers=dispatchers,
            enrollments=enrollments,
            gateways=gateways,
            shard_count=SHARDS,
            overrides=merged(OVERRIDES, overrides or {}),
            modules={**(modules or {}), **broken.without(without or {})},
            name="faults",
            traces=False,
            tls=tls,
        )
        async with mesh:
            owner = Owner(mesh)
            try:
                # Its own source: what a row draws must not depend on how often the load was asked.
                load = Load(mesh, owner, random.Random(draw.getrandbits(64)))
                await load.create(size or Size())
                made = FaultRun(stack, mesh, owner, load, Watch(mesh.ledger_path), draw)
                made.quick = {row["phone"]: row["shard"] for row in await owner.fetch(SQL.shards)}
                await made.behave(behavior or presets.usual())
                async with asyncio.TaskGroup() as group:
                    feeding = group.create_task(load.run())
                    await made.until_all_send(0.0, _WARM_S, "every device sends for the first time")
                    yield made
                    load.stop()
                    await feeding
            except BaseException:
                _keep(mesh)
                raise
            finally:
                await owner.close()


def _keep(mesh: Mesh) -> None:
    """Logs and ledger outlive the stack's folder."""
    folder = _KEPT / time.strftime("%Y%m%d-%H%M%S")
    shutil.copytree(mesh.log_path, folder, dirs_exist_ok=True)
    if mesh.ledger_path.exists():
        shutil.copy(mesh.ledger_path, folder)
    say(f"logs and ledger are kept in {folder}")


def merged(
    base: Mapping[str, Mapping[str, str]], more: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Both, by kind or name; the second wins."""
    return {key: {**base.get(key, {}), **more.get(key, {})} for key in base.keys() | more.keys()}
