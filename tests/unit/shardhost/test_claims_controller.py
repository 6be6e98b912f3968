"""The claims of a host, with Consul and dispatch played by the test."""

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.claims import events
from shardhost.claims.controller import Controller
from shardhost.claims.shard import ClaimTimeouts, Stage
from shardhost.outbox import Outbox
from shardhost.outcomes import Outcomes
from tests.unit.shardhost.fakes import Clock
from tests.unit.shardhost.test_outcomes import report

Status = pb.Lease


class World:
    """Everything the controller asks for, as a list."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.busy: set[int] = set()
        self.clock = Clock()
        self.outbox = Outbox(Outcomes())
        self.claims = Controller(
            lock_manager=self, devices=self, outbox=self.outbox, clock=self.clock, timeouts=ClaimTimeouts()
        )

    def lock(self, shard: int) -> None:
        self.asked.append(("lock", shard))

    def unlock(self, shard: int) -> None:
        self.asked.append(("unlock", shard))

    def serve(self, shard: int, epoch: int) -> None:
        self.asked.append(("serve", shard))

    def drain(self, shard: int) -> None:
        self.asked.append(("drain", shard))

    def halt(self, shard: int) -> None:
        self.asked.append(("halt", shard))

    def cut(self, shard: int) -> None:
        self.asked.append(("cut", shard))

    def suspend(self, shard: int) -> None:
        self.asked.append(("suspend", shard))

    def revoke(self, shard: int) -> None:
        self.asked.append(("revoke", shard))

    def is_idle(self, shard: int) -> bool:
        return shard not in self.busy

    def attach(self, *, unbroken: bool = True) -> None:
        self.outbox.open()
        self.claims.attached(unbroken=unbroken)

    def written(self) -> list[tuple[str | None, list[int]]]:
        return [
            (f.WhichOneof("frame"), [c.shard for c in (*f.claims.claims, *f.releases.claims)])
            for f in self.outbox.frames()
        ]

    def answer(self, shard: int, status: pb.Lease.Status, epoch: int = 5) -> None:
        lease = pb.Lease(shard=shard, epoch=epoch, status=status)
        self.claims.on_leases(pb.LeaseFrame(leases=[lease]))


def leased(*shards: int) -> World:
    world = World()
    world.claims.session_opened()
    world.attach()
    world.claims.place(shards)
    for shard in shards:
        world.claims.feed(shard, events.Locked(5))
    world.written()
    for shard in shards:
        world.answer(shard, Status.STATUS_GRANTED)
    world.asked.clear()
    return world


async def test_shards_placed_here_are_locked_claimed_and_served() -> None:
    world = leased(1, 2)
    assert world.claims.stages() == {Stage.LEASED: 2}


async def test_the_gate_opens_when_every_claim_of_the_attach_is_answered() -> None:
    world = leased(1, 2)
    world.outbox.report(report(9))
    world.claims.detached()
    world.attach()
    assert world.written() == [("claims", [1, 2])]
    world.answer(1, Status.STATUS_GRANTED)
    assert world.written() == []
    world.answer(2, Status.STATUS_STALE)
    assert world.written() == [("outcomes", [])]


async def test_with_nothing_to_claim_the_gate_opens_at_once() -> None:
    world = World()
    world.outbox.report(report(9))
    world.attach()
    assert world.written() == [("outcomes", [])]


async def test_an_idle_shard_is_given_back_without_waiting() -> None:
    world = leased(1)
    world.claims.place(())
    world.answer(1, Status.STATUS_RELEASED)
    world.claims.feed(1, events.Unlocked())
    assert world.asked == [("drain", 1), ("revoke", 1), ("unlock", 1)]
    await world.claims.drained()


async def test_a_busy_shard_is_given_back_when_it_falls_idle_or_is_cut() -> None:
    world = leased(1)
    world.busy.add(1)
    world.claims.place(())
    assert world.written() == []
    world.clock.now += 10
    world.claims.run_once()
    assert world.asked == [("drain", 1), ("cut", 1)]
    world.busy.clear()
    world.claims.on_idle(1)
    assert world.written() == [("releases", [1])]


async def test_a_broken_term_suspends_before_anything_is_claimed_again() -> None:
    world = leased(1)
    world.claims.detached()
    world.attach(unbroken=False)
    assert world.asked == [("suspend", 1)]
    assert world.written() == [("claims", [1])]
    assert world.claims.stages() == {Stage.CLAIMING: 1}


async def test_a_revoke_of_a_shard_not_held_is_nothing() -> None:
    world = leased(1)
    world.claims.on_revoke(pb.Revoke(shards=[77]))
    assert world.asked == []
