"""Leases whose answers come late."""

import asyncio

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import LockProofs
from services.dispatch.leases.store import Claimed
from services.dispatch.settings import DispatchSettings
from tests.support.secret import SECRET

SETTINGS = DispatchSettings(secret=SECRET, postgres_dsn="postgresql://none")


async def loaded(_devices):
    """The windows are full."""


async def none(_under):
    """No lock is held."""
    return 0, {}


class SlowStore:
    """Grants everything; the answer waits where `held` says so."""

    def __init__(self) -> None:
        self.held: dict[int, asyncio.Event] = {}

    async def own(self, claims, _incarnation):
        return set(claims)

    async def claim(self, claims, incarnation, stream, _confirmed):
        if stream in self.held:
            await self.held[stream].wait()
        return [Claimed(shard, epoch, is_granted=True, is_stale=False, held_s=0.0) for shard, epoch in claims]

    async def settle_outdated(self, _shards):
        return set()

    async def devices(self, shards, _only=None):
        return []


async def claimed_late(old_epoch: int, new_epoch: int) -> tuple[Roster, Attachment]:
    """The claim of an older stream is answered after that of a newer one; the newer one is returned."""
    store, roster = SlowStore(), Roster()
    leases = Leases(store, store, roster, LockProofs(none), Grants(store, roster), loaded, SETTINGS, None)  # type: ignore[arg-type]
    old, new = (Attachment(pb.Hello(host_id="a", incarnation="1")) for _ in range(2))
    store.held[old.stream] = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(leases.claim(old, [pb.ShardClaim(shard=1, epoch=old_epoch)]))
        await asyncio.sleep(0)
        await leases.claim(new, [pb.ShardClaim(shard=1, epoch=new_epoch)])
        store.held[old.stream].set()
    roster.detach(old)
    return roster, new


async def test_a_late_answer_does_not_take_the_shard_from_the_newer_stream():
    roster, new = await claimed_late(5, 5)
    assert roster.holder(1) is new


async def test_nor_from_a_newer_epoch():
    roster, new = await claimed_late(5, 6)
    assert roster.holder(1) is new
