"""When a host that cannot get a stream gives up its place, and when it does not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import grpc
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime import containment
from services.runtime.discovery import Instance
from shardhost import stream
from shardhost.outbox import Outbox
from shardhost.outcomes import Outcomes
from shardhost.stream import Stream
from shardhost.term import Term
from tests.support.slowness import patient
from tests.unit.shardhost.containment.support import failing
from tests.unit.shardhost.fakes import Clock

TERM_S = 5.0
MARGIN_S = 0.3


class Rig:
    """Replicas, registry, listener and channel of one stream; each attempt takes a second."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.began = self.clock.now
        self.connects = False
        self.attempts = 0
        self.resigned: list[float] = []
        self.lapses: list[float] = []
        self.stream = Stream(
            host="h1",
            incarnation="i1",
            clients={"simulated": "1"},
            attach_timeout=1.0,
            replicas=self,  # type: ignore[arg-type]
            dial=self.dial,  # type: ignore[arg-type]
            registry=self,
            outbox=Outbox(Outcomes()),
            term=Term(MARGIN_S, self.clock),
            listener=self,
        )
        self.stream._term.restart(self.clock.now, TERM_S)

    @property
    def now(self) -> float:
        return self.clock.now - self.began

    async def until(self, attempts: int) -> None:
        """Let it try so many times."""
        running = asyncio.create_task(self.stream.run())
        async with asyncio.timeout(patient(5)):
            while self.attempts < attempts:  # noqa: ASYNC110 - each turn is one step of the loop
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running}, timeout=patient(5))
        assert running.cancelled()

    # Replicas

    async def choose(self) -> Instance:
        self.attempts += 1
        self.clock.now += 1.0
        return Instance("d1", "none:1")

    def failed(self) -> None:
        """The next replica is the same."""

    # Registry

    async def session(self) -> str:
        return "session"

    def resign(self) -> None:
        self.resigned.append(self.now)

    # StreamListener

    def frame_callbacks(self) -> dict[str, Callable[[object], None]]:
        return {}

    def on_welcome(self, welcome: pb.Welcome, *, unbroken: bool) -> None:
        raise AssertionError("nobody says Welcome here")

    def on_stream_lost(self) -> None:
        """There was none."""

    def on_term_over(self) -> None:
        self.lapses.append(self.now)

    # The channel

    @asynccontextmanager
    async def dial(self, _address: str) -> AsyncIterator["Rig"]:
        yield self

    def get_state(self, *, try_to_connect: bool) -> grpc.ChannelConnectivity:
        states = grpc.ChannelConnectivity
        return states.READY if self.connects else states.TRANSIENT_FAILURE


class RefusedCall:
    """A stream that dispatch ends at once, as it does while its database is away."""

    async def write(self, _frame: object) -> None:
        """Taken by the kernel."""

    async def read(self) -> object:
        return grpc.aio.EOF

    def cancel(self) -> None:
        """It is over."""


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(stream, "_LONGEST_PAUSE_S", 0.0)
    made = Rig()
    stub = SimpleNamespace(Attach=RefusedCall)
    monkeypatch.setattr(stream, "dispatch_pb2_grpc", SimpleNamespace(DispatchServiceStub=lambda _: stub))
    return made


async def test_cut_off_for_a_whole_term_a_host_gives_up_its_place(rig: Rig) -> None:
    await rig.until(10)
    assert rig.lapses[0] == 5.0, "the first attempt that ends after the term, less its margin"
    assert rig.resigned[0] == 6.0, "the first that ends more than a term after the connection was lost"


async def test_refused_by_a_dispatch_that_it_reaches_a_host_keeps_its_place(rig: Rig) -> None:
    rig.connects = True
    await rig.until(20)
    assert rig.lapses
    assert not rig.resigned


async def test_the_time_without_a_connection_counts_from_the_last_one(rig: Rig) -> None:
    await rig.until(4)
    rig.connects = True
    await rig.until(8)
    assert not rig.resigned
    rig.connects = False
    await rig.until(12)
    assert not rig.resigned
    await rig.until(16)
    assert rig.resigned[0] == 14.0


async def test_while_its_term_lasts_a_host_keeps_its_place(rig: Rig) -> None:
    rig.stream._term.length = 1.0
    await rig.until(4)
    assert not rig.resigned


class FailingRig(Rig):
    """Dispatch says Welcome and sends one frame; whatever takes a frame raises."""

    def on_welcome(self, welcome: pb.Welcome, *, unbroken: bool) -> None:
        """The stream stands."""

    def frame_callbacks(self) -> dict[str, Callable[[object], None]]:
        return dict.fromkeys(("revoke", "outcome_ack"), failing(KeyError("a value")))


class WelcomingCall(RefusedCall):
    """A stream with a Welcome and one frame."""

    frame = pb.AttachResponse()

    def __init__(self) -> None:
        self._frames = [pb.AttachResponse(welcome=pb.Welcome(term_ms=60_000)), self.frame]

    async def read(self) -> object:
        return self._frames.pop(0) if self._frames else grpc.aio.EOF


@pytest.fixture
def failing_rig(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[FailingRig]:
    monkeypatch.setattr(stream, "_LONGEST_PAUSE_S", 0.0)
    stub = SimpleNamespace(Attach=WelcomingCall)
    monkeypatch.setattr(stream, "dispatch_pb2_grpc", SimpleNamespace(DispatchServiceStub=lambda _: stub))
    containment.counts.clear()
    made = FailingRig()
    made.connects = True
    yield made
    assert "a value" not in str([record.__dict__ for record in caplog.records])


async def test_a_frame_that_cannot_be_taken_ends_its_stream_and_not_the_host(
    failing_rig: FailingRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WelcomingCall, "frame", pb.AttachResponse(outcome_ack=pb.OutcomeAck()))
    await failing_rig.until(4)
    assert containment.counts["shardhost.frame"] >= 3


async def test_a_frame_that_cannot_be_made_ends_its_stream_and_not_the_host(
    failing_rig: FailingRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frames() -> Iterator[pb.AttachRequest]:
        raise OverflowError("a value")
        yield

    outbox = failing_rig.stream._outbox
    monkeypatch.setattr(outbox, "frames", frames)
    outbox._flush.set()
    await failing_rig.until(3)
    assert containment.counts["shardhost.frame_made"] == 1


async def test_a_frame_of_the_claims_that_fails_ends_the_host(
    failing_rig: FailingRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WelcomingCall, "frame", pb.AttachResponse(revoke=pb.Revoke()))
    with pytest.raises(ExceptionGroup):
        await failing_rig.stream.run()
