"""The processes of the mesh on virtual loops: the product's own objects, wired as their entry points do.

Replaced are what is outside: the store, Consul's client, gRPC, the network, the clock.
"""

import asyncio
import random
import types
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

import grpc

from services.content.template import Template
from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.scan import Scan
from services.dispatch.hand.hand import Hand
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import LockProofs
from services.dispatch.leases.reaper import Reaper
from services.dispatch.leases.store import Cluster
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.receipts.receipts import Receipts
from services.dispatch.servicer import DispatchServicer
from services.dispatch.settings import DispatchSettings
from services.dispatch.texts import templates
from services.dispatch.texts.templates import Templates
from services.dispatch.window.memory import MemoryWindow
from services.runtime.backoff import delay
from services.runtime.discovery import Discovery, MemberExists
from services.runtime.errors import Aborted, ResourceExhausted, Unavailable
from services.runtime.lifecycle import Life
from shardhost.host import Host
from shardhost.placement import slice_of
from shardhost.settings import HostSettings
from shardhost.transports.transport import TransportKind
from tests.model.consul import Client
from tests.model.database import TRACEABLE
from tests.model.loop import Moment, Process
from tests.model.network import ModelTransport
from tests.model.network_behavior import ToConsul, ToDispatch, ToPostgres
from tests.model.store import ModelStore
from tests.model.wire import Call
from tests.support.secret import SECRET

if TYPE_CHECKING:
    from tests.model.world import World

_TRANSPORTS = {
    "simulated": TransportKind.REPEATABLE,
    TRACEABLE: TransportKind.TRACEABLE,
    "neonize": TransportKind.PLAIN,
}
TERM_S = 2.0
_TICK_S = 0.25


@cache
def dispatch_settings() -> DispatchSettings:
    return DispatchSettings(
        postgres_dsn="postgresql://none",
        secret=SECRET,
        term_s=TERM_S,
        refresh_s=1.0,
        retry_s=0.5,
        drain_s=2.0,
        attempts=50,
        repeats=200,
        first_contacts_hold_s=1.0,
        chat_retry_s=1.0,
    )


@cache
def host_settings(host: str) -> HostSettings:
    """The product's defaults, scaled to the shorter term."""
    return HostSettings(
        instance=host,
        network_address="127.0.0.1:0",
        session_ttl_s=4.0,
        session_patience_s=5.0,
        hand_over_s=3.0,
        place_kept_s=3.0,
        attach_timeout_s=1.2,
        open_timeout_s=2.0,
        drain_s=8.0,
    )


@cache
def _slice_of(host: str, live: frozenset[str], shards: int, away: frozenset[str]) -> frozenset[int]:
    """The product's placement; the same few questions are asked in every schedule."""
    return slice_of(host, live, shards, away)


_parse = cache(Template.parse)
"""The product's parser; the wordings differ by the second at which they were read, and by nothing else."""
_wording = cache(templates._wording)


class _Window(MemoryWindow):
    generation = 0


def _plain(sealed: bytes, _phone: str) -> str:
    return sealed.decode()


class Replica:
    """One dispatch replica."""

    def __init__(self, world: "World", name: str) -> None:
        self.name = name
        self.world = world
        self.process = Process(world.timeline, name, world.rate())
        self.process.take(Moment(self._start, (), None))

    def _start(self) -> None:
        settings = dispatch_settings()
        self._store = store = ModelStore(self.world.database, ToPostgres(self.world.conditions, self.process))
        discovery = Discovery("none", prefix="m")
        discovery._client = Client(self.world.consul, self.process, ToConsul(self.world.conditions))  # type: ignore[assignment]
        self.roster = roster = Roster(settings.ahead_s)
        self._life = Life()
        clock = DatabaseClock()
        any_store: Any = store
        any_window: Any = _Window(settings.window)
        self._scan = Scan(any_store, roster, any_window, clock, settings)
        grants = Grants(any_store, roster)
        proofs = LockProofs(discovery.locks)
        leases = Leases(any_store, any_store, roster, proofs, grants, self._scan.load, settings, _plain)
        inbound = InboundTexts(any_store, grants)
        self._outcomes = Outcomes(any_store, any_store, roster, grants, settings, inbound.recall)
        self._hand = Hand(
            any_store,
            roster,
            any_window,
            Templates(any_store),
            clock,
            settings,
            leases.lost,
            self._outcomes.add_unsendable,
        )
        self._reaper = Reaper(any_store, discovery.end_session_of, settings)
        self._leases = leases
        self._receipts = Receipts(any_store, grants, settings.outcome_s)
        cluster = Cluster(len(self.world.database.leases), b"key")
        self.servicer = DispatchServicer(
            self.name,
            cluster,
            any_store,
            roster,
            leases,
            self._outcomes,
            inbound,
            self._receipts,
            settings,
            self._life,
        )
        self._writing = [
            self.process.create_task(self._watched(self._outcomes.run)),
            self.process.create_task(self._watched(self._receipts.run)),
        ]
        self._busy: set[str] = set()
        self._beats = 0
        self._beat()

    def _beat(self) -> None:
        """The loops of `services.dispatch.process`; a round that would find nothing is left out."""
        self._beats += 1
        settings, now = dispatch_settings(), self.process.time()
        if self.roster.takers(now, 1):
            self._round("hand", self._hand.run_once)
        if self._beats % 2 == 0 and (
            self.world.has_dead(settings.grace_s) or not self._reaper._answers_since
        ):
            self._round("reap", self._reaper.run_once)
        if (
            self._beats % 3 == 0
            and self.roster.hungry(settings.window // 4)
            and (self.world.has_due(settings.horizon_s) or self.world.has_left_over(self))
        ):
            self._round("scan", self._scan.run_once)
        if self._beats % 4 == 0 and self.world.has_changed_devices():
            self._round("refresh", self._leases.refresh)
        self.process.call_later(_TICK_S * random.uniform(0.95, 1.05), self._beat)

    def _round(self, name: str, run_once: Callable[[], Awaitable[object]]) -> None:
        if name not in self._busy and not self._life.is_draining:
            self._busy.add(name)
            self.process.create_task(self._watched(run_once, name))

    async def _watched(self, run: Callable[[], Awaitable[object]], name: str = "") -> None:
        try:
            await run()
        except (Unavailable, Aborted, ResourceExhausted):
            await asyncio.sleep(delay(1))
        except Exception as error:  # noqa: BLE001 - a loop that dies is a finding
            self.world.checker.died(self.name, error)
        finally:
            self._busy.discard(name)

    def drain(self) -> None:
        """SIGTERM."""
        if not self._life.is_draining:
            self._life.drain()
            self.process.create_task(self._end())

    async def _end(self) -> None:
        self.world.consul.replicas.pop(self.name, None)
        await self.servicer.drain()
        self._outcomes.close()
        self._receipts.close()
        await asyncio.wait(self._writing, timeout=3)
        self.world.timeline.after(0, None, self.world.ended, self)


class ShardHost:
    """One shard host's process: one incarnation."""

    def __init__(self, world: "World", name: str) -> None:
        self.name = name
        self.world = world
        self.incarnation = ""
        self.process = Process(world.timeline, name, world.rate())
        self.host: Host | None = None
        self.process.take(Moment(self._start, (), None))

    def _start(self) -> None:
        self._draining = asyncio.Event()
        self._main = self.process.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._live()
        except* MemberExists:
            self.world.note(self.name, "its name is another's: exits")
        except* Exception as error:  # noqa: BLE001 - a host that dies by itself is a finding
            self.world.checker.died(self.name, error)
        self.world.timeline.after(0, None, self.world.ended, self)

    async def _live(self) -> None:
        """As `shardhost.process.run`."""
        settings = host_settings(self.name)
        discovery = Discovery("none", prefix="m")
        discovery._client = Client(
            self.world.consul, self.process, ToConsul(self.world.conditions, self.name)
        )  # type: ignore[assignment]
        network = self.world.network
        transports = {
            name: ModelTransport(network, self.process, self.name, kind) for name, kind in _TRANSPORTS.items()
        }
        async with asyncio.TaskGroup() as group:
            self.host = Host(settings, discovery, self._dial, transports, group, lambda: None)
            self.incarnation = self.host.stream._incarnation
            await self._draining.wait()
            try:
                async with asyncio.timeout(settings.drain_s):
                    await self.host.drain()
            except TimeoutError:
                self.world.note(self.name, "drain cut short")
            await self.host.stop()

    def drain(self) -> None:
        """SIGTERM."""
        self._draining.set()

    def _dial(self, address: str, *, traced: bool = True) -> "Channel":
        return Channel(self, address)


class Channel:
    """A host's channel to one replica."""

    def __init__(self, host: ShardHost, address: str) -> None:
        self._host = host
        self._replica = host.world.replicas.get(address)
        conditions = host.world.conditions
        drag = random.random() * conditions.slowness if random.random() < conditions.slow else 0.0
        self._line = ToDispatch(conditions, host.name, drag)

    async def __aenter__(self) -> "Channel":
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Its one call is cancelled by who made it."""

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """A stopped replica's kernel takes the connection, but nobody answers on it."""
        replica = self._replica
        if not self._line.is_open():
            return grpc.ChannelConnectivity.CONNECTING
        if replica is None or replica.process.is_dead:
            return grpc.ChannelConnectivity.TRANSIENT_FAILURE
        if replica.process.is_stopped:
            return grpc.ChannelConnectivity.CONNECTING
        return grpc.ChannelConnectivity.READY

    async def wait_for_state_change(self, last: grpc.ChannelConnectivity) -> None:
        while self.get_state() is last:  # noqa: ASYNC110 - looking costs no real time
            await asyncio.sleep(0.3)

    def attach(self) -> Call:
        """Stands for the stub's `Attach()`."""
        assert self._replica is not None
        call = Call(self._host.process, self._replica.process, self._replica.servicer, self._line)
        self._host.world.calls.append((self._host, self._replica, call))
        return call


class _Stub:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def Attach(self) -> Call:  # noqa: N802 - the name of the RPC
        return self._channel.attach()


def _boottime(_clock: int) -> float:
    now: float = asyncio.get_running_loop().boottime()  # type: ignore[attr-defined]
    return now


@contextmanager
def virtual() -> Iterator[None]:
    """Inside, the product's modules see the model's clock, gRPC and random numbers."""
    grpc_stub = types.SimpleNamespace(DispatchServiceStub=_Stub)
    randomness = types.SimpleNamespace(randbits=random.getrandbits)
    ids = types.SimpleNamespace(uuid4=lambda: uuid.UUID(int=random.getrandbits(128)))
    with (
        mock.patch("shardhost.clock.time", types.SimpleNamespace(clock_gettime=_boottime)),
        mock.patch("shardhost.stream.dispatch_pb2_grpc", grpc_stub),
        mock.patch("services.dispatch.attachment.secrets", randomness),
        mock.patch("shardhost.host.uuid", ids),
        mock.patch("services.runtime.discovery.member_session.uuid", ids),
        mock.patch("shardhost.claims.controller._TICK_S", 0.5),
        mock.patch("shardhost.claims.membership.slice_of", _slice_of),
        mock.patch.object(Template, "parse", _parse),
        mock.patch.object(templates, "_wording", _wording),
    ):
        yield
