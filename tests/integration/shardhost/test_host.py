"""One shard host against real Consul, a real stream to a scripted dispatch, and the simulated network."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.network.server import RunningNetwork, running
from kompang.dispatch.v1 import dispatch_pb2 as pb
from kompang.simulation.v1 import behavior_pb2
from services.content.wording import Lead, Wording
from services.runtime.discovery import Discovery, MemberExists
from services.runtime.lifecycle import Life
from shardhost.process import run
from shardhost.settings import HostSettings
from tests.integration.shardhost.fake_dispatch import FakeDispatch, Received
from tests.support.eventually import eventually
from tests.support.plain_template import plain
from tests.support.proxy import Proxy, proxied
from tests.support.slowness import patient

PHONE = 60120000000
SHARDS = 8
Result = pb.Outcome


@dataclass
class Rig:
    dispatch: FakeDispatch
    discovery: Discovery
    network: RunningNetwork
    settings: Callable[[str], HostSettings]
    dispatch_proxy: Proxy

    @asynccontextmanager
    async def host(self, name: str) -> AsyncIterator[Life]:
        """A host that has attached; drained at the end."""
        life = Life()
        running_host = asyncio.create_task(run(self.settings(name), life))
        try:
            await _first(life.when_ready(), running_host)
            yield life
        finally:
            life.drain()
            await asyncio.wait_for(running_host, patient(20))

    def message(self, number: int, device: int, **fields: object) -> pb.OutgoingMessage:
        values: dict[str, object] = {
            "message_id": number,
            "scheduled_at_us": 1,
            "device_id": device,
            "epoch": self.dispatch.epochs[device % SHARDS],
            "template_id": 1,
            "recipient": str(PHONE + 500 + number),
            "name": "Aminah",
            "wire_id": f"W{number}",
        }
        return pb.OutgoingMessage(**{**values, **fields})  # type: ignore[arg-type]

    def hand(self, *messages: pb.OutgoingMessage) -> None:
        self.dispatch.send(messages=pb.MessageFrame(templates=[plain("Hi {name}")], messages=messages))

    async def members(self) -> frozenset[str]:
        async with aclosing(self.discovery.watch_members()) as changes:
            return (await anext(changes)).ids

    @property
    def entries(self) -> int:
        return self.network.network.stats.accepted


async def _first(wanted: Awaitable[object], running_host: asyncio.Task[None]) -> None:
    waiting = asyncio.ensure_future(wanted)
    await asyncio.wait({waiting, running_host}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    if running_host.done():
        waiting.cancel()
        running_host.result()
    assert waiting.done()


@pytest.fixture
async def consul(consul_address: str) -> AsyncIterator[Proxy]:
    """Consul as the host sees it."""
    async with proxied(consul_address) as proxy:
        yield proxy


@pytest.fixture
async def rig(consul_address: str, consul: Proxy, tmp_path: Path) -> AsyncIterator[Rig]:
    prefix = f"t{uuid4().hex[:8]}"
    dispatch = FakeDispatch(shard_count=SHARDS)
    dispatch.devices = [
        pb.Device(device_id=n, shard=n % SHARDS, transport="simulated", phone=str(PHONE + n), connect=True)
        for n in range(1, 17)
    ]
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(running(tmp_path / "ledger", behavior_pb2.Behavior()))
        discovery = await stack.enter_async_context(Discovery(consul_address, prefix=prefix, check_every=0.2))
        proxy = await stack.enter_async_context(proxied())
        await stack.enter_async_context(dispatch.serving(discovery, through=proxy))

        def settings(name: str) -> HostSettings:
            return HostSettings(
                instance=name,
                consul_address=consul.address,
                consul_prefix=prefix,
                network_address=network.address,
                session_patience_s=0,
                hand_over_s=2,
                drain_s=10,
                attach_timeout_s=1,
            )

        yield Rig(dispatch, discovery, network, settings, proxy)


async def test_a_message_is_sent_and_its_outcome_reported(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: set(received.ready) == set(range(1, 17)))
        rig.hand(rig.message(1, 3), rig.message(2, 4))
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
    assert {o.message_id: o.result for o in received.outcomes} == dict.fromkeys((1, 2), Result.RESULT_SENT)
    assert all(o.ready and len(o.text_hash) == 8 for o in received.outcomes)
    assert rig.entries == 2
    assert {s for _, s, _ in received.released} == set(range(SHARDS))


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written to somebody of this name cannot be rendered, for a reason nobody foresaw."""
    render = Wording.render

    def fail_for_one(wording: Wording, lead: Lead, message_id: bytes) -> str:
        if lead.name == "Poison":
            raise RuntimeError("boom")
        return render(wording, lead, message_id)

    monkeypatch.setattr(Wording, "render", fail_for_one)


async def test_of_three_devices_one_gets_a_poison_message_and_all_go_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch)
    received = rig.dispatch.received
    rig.dispatch.devices = rig.dispatch.devices[:3]
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: set(received.ready) == {1, 2, 3})
        rig.hand(rig.message(1, 1), rig.message(2, 2, name="Poison"), rig.message(3, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 3)
        rig.hand(rig.message(4, 1), rig.message(5, 2), rig.message(6, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 6)
    outcomes = {o.message_id: o for o in received.outcomes}
    assert (outcomes[2].result, outcomes[2].failure) == (Result.RESULT_REFUSED, pb.FAILURE_RENDER)
    assert all(o.result == Result.RESULT_SENT for number, o in outcomes.items() if number != 2)
    assert rig.entries == 5
    assert len(received.hellos) == 1, "the stream stood all the time"


async def test_a_host_that_starts_again_outlives_the_same_poison_message(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch)
    for start in (1, 2):
        received = rig.dispatch.received = Received()
        async with rig.host("h1"):
            await rig.dispatch.until(lambda: 2 in rig.dispatch.received.ready)
            rig.hand(rig.message(2, 2, name="Poison"))
            await rig.dispatch.until(lambda: rig.dispatch.received.outcomes)
            rig.hand(rig.message(10 + start, 2))
            await rig.dispatch.until(lambda: len(rig.dispatch.received.outcomes) == 2)
        assert [o.result for o in received.outcomes] == [Result.RESULT_REFUSED, Result.RESULT_SENT]


async def test_a_frame_of_an_unknown_kind_changes_nothing(rig: Rig) -> None:
    """A dispatch of a later version may send one."""
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: 3 in received.ready)
        unknown = b"\xfa\x07\x00"  # field 127, of no length
        rig.dispatch.send_raw(pb.AttachResponse.FromString(unknown))
        rig.dispatch.send(outcome_ack=pb.OutcomeAck(frame_id=99))
        rig.dispatch.send(inbound_ack=pb.InboundAck(frame_id=99))
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: received.outcomes)
    assert received.outcomes[0].result == Result.RESULT_SENT
    assert len(received.hellos) == 1


async def test_a_message_of_another_epoch_does_not_leave(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: 3 in received.ready)
        rig.hand(rig.message(1, 3, epoch=rig.dispatch.epochs[3] - 1))
        await rig.dispatch.until(lambda: received.outcomes)
    assert received.outcomes[0].result == Result.RESULT_NOT_SENT
    assert rig.entries == 0


async def test_what_was_not_acknowledged_is_told_again_on_the_next_stream(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.dispatch.acknowledges = False
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: received.outcomes)
        rig.dispatch.acknowledges = True
        rig.dispatch.break_streams()
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
        # The credit of device 3 comes with its outcome, all others by themselves.
        await rig.dispatch.until(lambda: len(received.ready) == 31)
    first, again = received.outcomes
    assert (first.message_id, first.result) == (again.message_id, again.result)
    assert again.age_ms > first.age_ms
    assert again.ready
    assert received.kinds[1][:3] == ["hello", "claims", "outcomes"]
    assert sorted(received.claims[SHARDS:]) == sorted(received.claims[:SHARDS])
    assert rig.entries == 1


async def test_a_silent_replica_is_left_before_the_term_is_over(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.dispatch.answers_renewals = False
        started = time.monotonic()
        await rig.dispatch.until(lambda: len(received.hellos) == 2)
        rig.dispatch.answers_renewals = True
        assert time.monotonic() - started < rig.dispatch.term_s * 4 / 3
        await rig.dispatch.until(lambda: len(received.ready) == 32)


async def test_two_hosts_share_and_one_hands_over_when_it_leaves(rig: Rig) -> None:
    dispatch = rig.dispatch
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        async with rig.host("h2"):
            await dispatch.until(lambda: sorted(dispatch.holders.values()).count("h2") >= 3)
            await dispatch.until(lambda: len(dispatch.holders) == SHARDS)
            assert max(map(list(dispatch.holders.values()).count, ("h1", "h2"))) <= SHARDS // 2 + 1
        await dispatch.until(
            lambda: set(dispatch.holders.values()) == {"h1"} and len(dispatch.holders) == SHARDS
        )
    epochs: dict[int, list[int]] = {}
    for _, shard, epoch in dispatch.received.claims:
        epochs.setdefault(shard, []).append(epoch)
    assert all(sorted(seen) == seen for seen in epochs.values())


async def test_a_revoked_shard_is_dropped_and_won_again(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        before = rig.dispatch.epochs[3]
        rig.dispatch.send(revoke=pb.Revoke(shards=[3]))
        await rig.dispatch.until(lambda: rig.dispatch.epochs[3] > before)
        await rig.dispatch.until(lambda: received.ready.count(3) == 2)


async def test_a_lost_session_gives_everything_back_and_starts_over(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        await rig.discovery.destroy_session(received.hellos[0].consul_session)
        await rig.dispatch.until(lambda: len(received.ready) == 32)
        assert received.hellos[-1].consul_session != received.hellos[0].consul_session
        assert received.hellos[-1].incarnation == received.hellos[0].incarnation
        # A slow machine says it again: what is released is told until it is confirmed.
        held = {("h1", shard, epoch) for shard, epoch in rig.dispatch.epochs.items()}
        assert {*received.released} == {*received.claims} - held
        assert len({*received.released}) == SHARDS


async def test_a_drain_waits_for_what_is_in_flight(rig: Rig) -> None:
    received = rig.dispatch.received
    async with rig.host("h1") as life:
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        rig.hand(rig.message(1, 3, wait_ms=400))
        await rig.dispatch.until(lambda: True)
        rig.hand(rig.message(2, 4))
        await rig.dispatch.until(lambda: received.outcomes)
        life.drain()
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
    assert received.outcomes[-1].result == Result.RESULT_SENT
    assert not received.outcomes[-1].ready
    assert len(received.released) == SHARDS


async def test_a_second_host_of_the_same_name_leaves_at_once(rig: Rig) -> None:
    async with rig.host("h1"):
        with pytest.raises(ExceptionGroup) as raised:
            async with rig.host("h1"):
                pass
        assert raised.group_contains(MemberExists)


async def test_without_consul_the_host_goes_on_sending_and_keeps_its_shards(rig: Rig, consul: Proxy) -> None:
    received = rig.dispatch.received
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(received.ready) == 16)
        consul.cut()
        rig.hand(rig.message(1, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 1)
        # Also over a new stream, which is found by what was last known.
        rig.dispatch.break_streams()
        await rig.dispatch.until(lambda: len(received.ready) == 32)
        rig.hand(rig.message(2, 3))
        await rig.dispatch.until(lambda: len(received.outcomes) == 2)
        consul.restore()
    assert [o.result for o in received.outcomes] == [Result.RESULT_SENT] * 2
    assert sorted(received.claims[SHARDS:]) == sorted(received.claims[:SHARDS])


async def test_refused_by_dispatch_the_host_keeps_its_place(rig: Rig) -> None:
    """The database is away, say: no other host would fare better."""
    dispatch = rig.dispatch
    dispatch.term_s = 1.0
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        dispatch.refuses = True
        dispatch.break_streams()
        # More than two terms, since a pause between two tries is a second at most.
        await dispatch.until(lambda: dispatch.refused >= 7)
        assert await rig.members() == {"h1"}
        dispatch.refuses = False
        await dispatch.until(lambda: len(dispatch.received.ready) == 32)
    assert {hello.consul_session for hello in dispatch.received.hellos} == {
        dispatch.received.hellos[0].consul_session
    }
    # The term had run out: the leases were asked for anew, under the same locks.
    assert sorted(dispatch.received.claims[SHARDS:]) == sorted(dispatch.received.claims[:SHARDS])


async def test_cut_off_from_dispatch_nothing_leaves_past_the_term_and_the_place_is_given_up(
    rig: Rig,
) -> None:
    dispatch = rig.dispatch
    dispatch.term_s = 1.0
    async with rig.host("h1"):
        await dispatch.until(lambda: len(dispatch.received.ready) == 16)
        rig.hand(rig.message(1, 3, wait_ms=1500))
        await dispatch.until(lambda: True)
        rig.hand(rig.message(2, 4))
        await dispatch.until(lambda: dispatch.received.outcomes)
        rig.dispatch_proxy.cut()

        async def gone() -> bool:
            return await rig.members() == set()

        await eventually(gone, within_s=10)
        rig.dispatch_proxy.restore()
        await dispatch.until(lambda: {o.message_id for o in dispatch.received.outcomes} == {1, 2})
        await dispatch.until(lambda: len(dispatch.received.ready) >= 30)
    outcomes = {o.message_id: o.result for o in dispatch.received.outcomes}
    assert outcomes == {2: Result.RESULT_SENT, 1: Result.RESULT_NOT_SENT}
    assert len({hello.consul_session for hello in dispatch.received.hellos}) == 2
    assert rig.entries == 1


async def test_a_host_moves_to_another_replica_and_back_to_its_own(rig: Rig) -> None:
    other = FakeDispatch(shard_count=SHARDS)
    other.devices = rig.dispatch.devices
    async with rig.host("h1"):
        await rig.dispatch.until(lambda: len(rig.dispatch.received.ready) == 16)
        # `d0` comes before `d1`, so it is the first host's own.
        async with other.serving(rig.discovery, "d0"):
            await other.until(lambda: len(other.received.ready) == 16)
            assert other.received.hellos[0].incarnation == rig.dispatch.received.hellos[0].incarnation
        await rig.dispatch.until(lambda: len(rig.dispatch.received.ready) == 32)
