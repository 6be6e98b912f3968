"""Who may send for a shard.

Authority. Consul's lock on a shard says which host may *try*; its ModifyIndex is the epoch, a number
that only grows. The row in `shard_lease` says which incarnation *may send*, and every hand joins it. What a
host says of its lock is checked with Consul (`proof`).

Term. A lease lasts while its host's term does. The term is one row a host, renewed through the host's
stream; the host counts it by its own monotonic clock from the moment it asked, so it stops sending
before Postgres would call it dead.

Trusted meanwhile: nothing. A replica that has not noticed that it lost a stream hands nothing, because the
row names the newest stream; a host that has not noticed that it lost a lease is refused, because its
epoch is old.

On failure. The stream breaks: the host attaches to another replica within its term and continues to send.
The host dies: its term runs out, the reaper destroys its Consul session, other hosts get the locks and
claim under higher epochs. Postgres is away: terms run out in the hosts, all hosts stop sending, and all
continue when Postgres is back, because no other host could claim meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.reading import DeviceReader
from services.dispatch.devices.roster import Roster
from services.dispatch.devices.store import DeviceRow, DeviceStore
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.proof import AGAIN_S, FORGED, Claim, LockProofs, Proofs, Refusal
from services.dispatch.leases.store import Claimed, LeaseStore
from services.dispatch.policy import may_connect
from services.dispatch.settings import DispatchSettings
from services.runtime.containment import PASSING, contained, report
from services.runtime.errors import FailedPrecondition

log = logging.getLogger(__name__)

_FRAME = 500
# What the column holds.
_MOST_SHARDS = 2**15
# A term is seconds long: who is told to wait longer asks again after this.
_LONGEST_HELD_S = 3600.0


class Leases:
    """Terms and leases of the hosts attached to this replica. Methods raise as the store does."""

    def __init__(
        self,
        store: LeaseStore,
        devices: DeviceStore,
        roster: Roster,
        proofs: LockProofs,
        grants: Grants,
        load: Callable[[Sequence[int]], Awaitable[object]],
        settings: DispatchSettings,
        unseal: Callable[[bytes, str], str],
    ) -> None:
        """`load` fills the due windows of devices; it raises as the store does.

        `unseal` reads the proxy of the device with this number; it raises `ValueError`.
        """
        self._unseal = unseal
        self._store = store
        self._store_of_devices = devices
        self._devices = DeviceReader(devices)
        self._roster = roster
        self._proofs = proofs
        self._grants = grants
        self._load = load
        self._settings = settings
        # Shard → (epoch, number of the attachment) of the latest grant seen here.
        self._latest: dict[int, tuple[int, int]] = {}

    async def attach(self, attachment: Attachment) -> None:
        """Begins the term of a host on this stream.

        Raises `FailedPrecondition` for an incarnation of another host.
        """
        is_its_own = await self._store.attach(
            attachment.incarnation,
            attachment.host_id,
            attachment.consul_session,
            attachment.stream,
            self._settings.term_s,
            attachment.clients,
        )
        if not is_its_own:
            raise FailedPrecondition("`incarnation` is that of a host with another `host_id`")

    async def renew(self, attachment: Attachment) -> bool:
        """Extends the term; False when this stream is not the host's newest, or the host was buried."""
        current = await self._store.renew(
            [(attachment.incarnation, attachment.stream)], self._settings.term_s
        )
        return attachment.stream in current

    async def claim(self, attachment: Attachment, claims: Iterable[pb.ShardClaim]) -> None:
        """Asks for leases, and answers with them and with the devices of those granted."""
        asked, unreadable = self._readable(attachment, claims)
        proofs = await self._prove(attachment, asked)
        answers = await self._store.claim(
            [claim for claim in asked if claim not in proofs.refused],
            attachment.incarnation,
            attachment.stream,
            proofs.confirmed,
        )
        granted_now = [answer for answer in answers if answer.is_granted]
        if granted_now:
            # So that no device tries a client that another has tried.
            await self._settle_outdated([answer.shard for answer in granted_now])
        rows = await self._devices.of_shards([a.shard for a in granted_now]) if granted_now else []
        granted = {a.shard: a.epoch for a in granted_now if self._is_latest(a, attachment)}
        self._roster.grant(granted, attachment)
        for shard, epoch in granted.items():
            self._grants.remember(shard, epoch, attachment.incarnation)
        leases = [_lease(answer, proofs) for answer in answers]
        refused = [_refused(claim, refusal) for claim, refusal in proofs.refused.items()]
        attachment.send(leases=pb.LeaseFrame(leases=leases + refused + unreadable))
        rows = [row for row in rows if row.shard in granted]
        self._admit(rows)
        await self._load_windows([row.id for row in rows])

    async def _prove(self, attachment: Attachment, asked: Sequence[Claim]) -> Proofs:
        """Asks Consul about the claims, but for those of leases that the incarnation already holds."""
        if not asked:
            return Proofs()
        own = await self._store.own(asked, attachment.incarnation)
        proofs = await self._proofs.of(attachment, [claim for claim in asked if claim not in own])
        for refusal in sorted(set(proofs.refused.values())):
            shards = [shard for (shard, _), why in proofs.refused.items() if why is refusal]
            told = {"host": attachment.host_id, "why": refusal.value, "shards": len(shards)}
            if refusal in FORGED:
                report("dispatch.claim", PermissionError("a claim that Consul contradicts"), **told)
            else:
                log.info("claims refused", extra=told)
        return proofs

    async def _load_windows(self, devices: Sequence[int]) -> None:
        """Ahead of the first credit, so that a device need not wait for the next due scan."""
        try:
            await self._load(devices)
        except PASSING as error:
            log.warning("windows are left to the due scan", extra={"reason": error.reason})

    async def release(self, attachment: Attachment, claims: Iterable[pb.ShardClaim]) -> None:
        """Takes leases back."""
        given, unreadable = self._readable(attachment, claims)
        self._roster.revoke([s for s, _ in given if self._roster.holder(s) is attachment])
        await self._store.release(given, attachment.incarnation)
        released = [pb.Lease(shard=s, epoch=e, status=pb.Lease.STATUS_RELEASED) for s, e in given]
        attachment.send(leases=pb.LeaseFrame(leases=released + unreadable))

    def _readable(
        self, attachment: Attachment, claims: Iterable[pb.ShardClaim]
    ) -> tuple[list[tuple[int, int]], list[pb.Lease]]:
        """Shards with their epochs, and the answers to claims of shards that cannot be."""
        readable: list[tuple[int, int]] = []
        unreadable: list[pb.Lease] = []
        for claim in claims:
            if claim.shard < _MOST_SHARDS and claim.epoch >= 0:
                readable.append((claim.shard, claim.epoch))
            else:
                report("dispatch.claim", ValueError("out of range"), host=attachment.host_id)
                stale = pb.Lease(shard=claim.shard, epoch=claim.epoch, status=pb.Lease.STATUS_STALE)
                unreadable.append(stale)
        return readable, unreadable

    def _is_latest(self, answer: Claimed, attachment: Attachment) -> bool:
        """False when the database answered so late that the shard has been granted anew meanwhile.

        Then the roster must not fall back to a stream that is over: its successor would get nothing more.
        """
        grant = answer.epoch, attachment.number
        if grant < self._latest.get(answer.shard, grant):
            return False
        self._latest[answer.shard] = grant
        return True

    def forget_epochs(self) -> None:
        """The database was restored: epochs may begin lower, where Consul was restored with it."""
        self._latest.clear()

    def lost(self, shards: Iterable[int]) -> None:
        """These leases are no longer held through us: tells the hosts, and forgets the devices."""
        for shard in shards:
            holder = self._roster.holder(shard)
            if holder is not None:
                holder.send(revoke=pb.Revoke(shards=[shard]))
        self._roster.revoke(shards)
        self._grants.forget(shards)

    async def refresh(self) -> int:
        """Tells hosts of devices that are new or changed; returns the number of devices."""
        shards = self._roster.shards
        if not shards:
            return 0
        await self._settle_outdated(shards)
        # Twice the interval and a margin: a row may be committed after its own time stamp.
        rows = await self._devices.changed(shards, 2 * self._settings.refresh_s + 10)
        return self._admit([row for row in rows if self._roster.is_news(row)])

    async def _settle_outdated(self, shards: Sequence[int]) -> None:
        with contained("dispatch.client_outdated", shards=len(shards)):
            await self._store_of_devices.settle_outdated(shards)

    def _admit(self, rows: list[DeviceRow]) -> int:
        admitted = self._roster.admit(rows, asyncio.get_running_loop().time())
        frames: dict[Attachment, list[pb.Device]] = {}
        for row in admitted:
            holder = self._roster.holder(row.shard)
            with contained("dispatch.device", device_id=row.id):
                if holder is not None:
                    frames.setdefault(holder, []).append(_device(row, self._unseal))
        for holder, devices in frames.items():
            for start in range(0, len(devices), _FRAME):
                holder.send(devices=pb.DeviceFrame(devices=devices[start : start + _FRAME]))
        return len(admitted)


def _refused(claim: Claim, refusal: Refusal) -> pb.Lease:
    """As stale: the host gives the lock back, where it has one, and begins anew."""
    shard, epoch = claim
    return pb.Lease(shard=shard, epoch=epoch, status=pb.Lease.STATUS_STALE, reason=refusal.value)


def _lease(answer: Claimed, proofs: Proofs) -> pb.Lease:
    if answer.is_granted:
        return pb.Lease(shard=answer.shard, epoch=answer.epoch, status=pb.Lease.STATUS_GRANTED)
    if answer.is_stale:
        return pb.Lease(shard=answer.shard, epoch=answer.epoch, status=pb.Lease.STATUS_STALE)
    is_confirmed = (answer.shard, answer.epoch) in proofs.confirmed
    # Not confirmed: Consul is away, or a lease of its own has changed meanwhile.
    wait_s = min(answer.held_s or 0.0, _LONGEST_HELD_S) if is_confirmed else AGAIN_S
    return pb.Lease(
        shard=answer.shard,
        epoch=answer.epoch,
        status=pb.Lease.STATUS_HELD,
        retry_after_ms=int(wait_s * 1000) + 50,
    )


def _device(row: DeviceRow, unseal: Callable[[bytes, str], str]) -> pb.Device:
    """As the host is told of it: nothing where its proxy cannot be read, because it would go past that."""
    return pb.Device(
        device_id=row.id,
        shard=row.shard,
        transport=row.transport,
        phone=row.phone.removeprefix("+"),
        connect=may_connect(row.state, row.reason),
        proxy="" if row.proxy is None else unseal(row.proxy, row.phone),
        jid=row.jid,
    )
