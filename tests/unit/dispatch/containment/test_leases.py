"""One dead host, device or claim that fails leaves the others served."""

from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.reading import DeviceReader
from services.dispatch.devices.roster import Roster
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import LockProofs
from services.dispatch.leases.reaper import Reaper
from tests.unit.dispatch.containment.support import SETTINGS, SHORT_TERM, Store, every_error
from tests.unit.dispatch.test_leases import loaded
from tests.unit.dispatch.test_roster import roster_of, row


@every_error
async def test_a_dead_host_that_cannot_be_buried_leaves_the_others_buried(error, counted):
    store: Any = Store(error)
    ended: list[str] = []

    async def end(_host: str, _incarnation: str, session: str) -> bool:
        if session == "session-2":
            raise error
        ended.append(session)
        return True

    reaper = Reaper(store, end, SHORT_TERM)
    await reaper.run_once()
    await reaper.run_once()
    assert counted["dispatch.bury"] == 1
    assert counted["dispatch.end_session"] == 1
    assert ended == ["session-1", "session-3"]
    assert store.done == [2, 3, ("forgotten", [1, 3])]


def leases_of(store: Any, roster: Roster) -> Leases:
    async def no_locks(_under: str) -> tuple[int, dict[str, Any]]:
        return 0, {}

    return Leases(
        store, store, roster, LockProofs(no_locks), Grants(store, roster), loaded, SETTINGS, unsealed
    )


def unsealed(sealed: bytes, _phone: str) -> str:
    return sealed.decode()


@every_error
async def test_a_device_that_cannot_be_told_of_leaves_the_others_served(error, counted, monkeypatch):
    roster, attachment = roster_of(row(9))

    def failing(device_row: Any, _unseal: Any) -> pb.Device:
        if device_row.id == 1:
            raise error
        return pb.Device(device_id=device_row.id)

    monkeypatch.setattr("services.dispatch.leases.leases._device", failing)

    async def changed(_shards: Any, _within_s: float, _only: Any, _without: Any) -> list[Any]:
        return [row(1), row(2)]

    store: Any = Store(error)
    store.changed_devices = changed
    await leases_of(store, roster).refresh()
    assert counted["dispatch.device"] == 1
    frame = attachment._frames.get_nowait()
    assert frame is not None
    assert [device.device_id for device in frame.devices.devices] == [2]


@every_error
async def test_a_device_whose_row_cannot_be_read_leaves_the_others_of_its_shard_readable(error, counted):
    shard_of = {1: 5, 2: 5, 3: 6}
    asked = 0

    class Devices:
        async def device_ids(self, shards):
            return [device for device, shard in shard_of.items() if shard in shards]

        async def changed_devices(self, shards, _within_s, only=None, without=()):
            nonlocal asked
            asked += 1
            found = [
                device
                for device, shard in shard_of.items()
                if shard in shards and (only is None or device in only) and device not in without
            ]
            if 1 in found:
                raise error
            return found

        async def devices(self, shards, only=None):
            return await self.changed_devices(shards, 1.0, only)

    devices: Any = Devices()
    reader: Any = DeviceReader(devices)
    assert sorted(await reader.of_shards([5, 6])) == [2, 3]
    assert counted == {"dispatch.shard": 1, "dispatch.device": 1}
    # It is left alone for a while, and the others are read with one statement.
    asked = 0
    assert await reader.changed([5, 6], 1.0) == [2, 3]
    assert (asked, counted["dispatch.device"]) == (1, 1)


def test_a_row_that_makes_no_device_leaves_the_others_admitted(counted):
    roster, _ = roster_of(row(1, min_delay_s=None, idle_s=1.0), row(2))
    assert roster.slot(2) is not None
    assert counted["dispatch.device"] == 1


async def test_a_claim_of_no_shard_leaves_the_others_granted(counted):
    asked: list[Any] = []

    async def claim(claims: Any, *_more: Any) -> list[Any]:
        asked.extend(claims)
        return []

    store: Any = Store(ValueError())
    store.claim = claim
    claims = [
        pb.ShardClaim(shard=2**20, epoch=1),
        pb.ShardClaim(shard=1, epoch=-1),
        pb.ShardClaim(shard=2, epoch=1),
    ]
    attachment = Attachment(pb.Hello(host_id="a"))
    await leases_of(store, Roster()).claim(attachment, claims)
    assert asked == [(2, 1)]
    assert counted["dispatch.claim"] == 2
    # Without an answer the host would wait for ever.
    frame = attachment._frames.get_nowait()
    assert frame is not None
    assert [(lease.shard, lease.status) for lease in frame.leases.leases] == [
        (2**20, pb.Lease.STATUS_STALE),
        (1, pb.Lease.STATUS_STALE),
    ]
