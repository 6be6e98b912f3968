"""Terms and leases: who may send."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from services.dispatch.leases.grants import Report
from services.dispatch.leases.store import Claimed, DeadHost
from services.message.state import MessageState
from tests.model.database.tables import Database, HostRow, LeaseRow

_S = MessageState


def attach(db: Database, incarnation: str, host_id: str, session: str, stream: int, term: float) -> bool:
    known = db.hosts.get(incarnation)
    if known is not None and known.host_id != host_id:
        return False
    db.hosts[incarnation] = HostRow(host_id, session, stream, db.clock() + term)
    return True


def renew(db: Database, streams: Iterable[tuple[str, int]], term: float) -> set[int]:
    current = set()
    for incarnation, stream in streams:
        host = db.hosts.get(incarnation)
        if host is not None and host.stream == stream:
            host.expires = db.clock() + term
            current.add(stream)
    return current


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim with what it has read; the answer tells of the row as it was then."""

    shard: int
    epoch: int
    version: int
    may_have: bool
    is_stale: bool
    left: float


def own(db: Database, claims: Iterable[tuple[int, int]], incarnation: str) -> set[tuple[int, int]]:
    return {c for c in claims if (db.leases[c[0]].epoch, db.leases[c[0]].incarnation) == (c[1], incarnation)}


def granted(db: Database, reports: Iterable[Report]) -> set[Report]:
    return {report for report in reports if _was_granted(db, report)}


def _was_granted(db: Database, report: Report) -> bool:
    shard = db.devices_by_id[report.device_id].shard
    epochs = {epoch for s, who, epoch in db.grants if (s, who) == (shard, report.incarnation)}
    return report.epoch in epochs or (report.epoch is None and bool(epochs))


def claim(
    db: Database,
    claims: Iterable[tuple[int, int]],
    incarnation: str,
    stream: int,
    confirmed: Collection[tuple[int, int]],
) -> list[Claimed]:
    return carry_out_claim(db, read_claim(db, claims, incarnation, stream, confirmed), incarnation)


def read_claim(
    db: Database,
    claims: Iterable[tuple[int, int]],
    incarnation: str,
    stream: int,
    confirmed: Collection[tuple[int, int]],
) -> list[Asked]:
    """The first instant."""
    claimant = db.hosts.get(incarnation)
    is_attached = claimant is not None and claimant.stream == stream
    asked = []
    for shard, epoch in claims:
        lease = db.leases[shard]
        holder = db.holder(lease)
        left = 0.0 if holder is None else max(0.0, holder.expires - db.clock())
        is_own = (lease.epoch, lease.incarnation) == (epoch, incarnation)
        is_sound = is_own or (shard, epoch) in confirmed
        may_have = is_attached and is_sound and _may_claim(db, lease, epoch, incarnation)
        asked.append(Asked(shard, epoch, lease.version, may_have, lease.epoch > epoch, left))
    return asked


def carry_out_claim(db: Database, asked: Iterable[Asked], incarnation: str) -> list[Claimed]:
    """The second: it has the locks."""
    answers = []
    for one in asked:
        lease = db.leases[one.shard]
        is_as_read = lease.version == one.version or not db.guards.claim_checks_lease
        granted = one.may_have and is_as_read
        if granted:
            lease.epoch, lease.incarnation = one.epoch, incarnation
            lease.version += 1
            db.grants.add((one.shard, incarnation, one.epoch))
            db.on_grant(one.shard, one.epoch, incarnation)
        answers.append(Claimed(one.shard, one.epoch, granted, one.is_stale, one.left))
    return answers


def _may_claim(db: Database, lease: LeaseRow, epoch: int, incarnation: str) -> bool:
    if lease.epoch == epoch:
        return lease.incarnation in (incarnation, None)
    if lease.epoch > epoch and db.guards.claim_checks_epoch:
        return False
    holder = db.holder(lease)
    is_held = holder is not None and lease.incarnation != incarnation and holder.expires > db.clock()
    return not (is_held and db.guards.claim_respects_terms)


def release(db: Database, claims: Iterable[tuple[int, int]], incarnation: str) -> None:
    for shard, epoch in claims:
        lease = db.leases[shard]
        lease.version += 1
        if lease.epoch == epoch and lease.incarnation == incarnation:
            lease.incarnation = None


def dead_hosts(db: Database, grace: float) -> list[DeadHost]:
    now = db.clock()
    return [
        DeadHost(incarnation, host.host_id, host.session, host.stream == 0, now - host.expires)
        for incarnation, host in db.hosts.items()
        if host.expires < now - grace
    ]


def bury(db: Database, incarnations: Iterable[str]) -> tuple[int, int]:
    dead = [i for i in incarnations if i in db.hosts and _is_dead(db, db.hosts[i])]
    for incarnation in dead:
        db.hosts[incarnation].stream = 0
    freed = {shard: row for shard, row in db.leases.items() if row.incarnation in dead}
    lost = sum(_lose(db, shard, row) for shard, row in freed.items())
    return len(freed), lost


def _is_dead(db: Database, host: HostRow) -> bool:
    return host.expires < db.clock() and host.stream != 0


def _lose(db: Database, shard: int, lease: LeaseRow) -> int:
    lease.incarnation = None
    lease.version += 1
    in_flight = [d.in_flight for d in db.devices_by_id.values() if d.shard == shard and d.in_flight]
    lost = [m for m in in_flight if m.state is _S.HANDED and m.epoch == lease.epoch]
    for message in lost:
        db.step(message, _S.UNKNOWN)
    return len(lost)


def forget(db: Database, incarnations: Sequence[str]) -> None:
    for incarnation in incarnations:
        if incarnation in db.hosts and db.hosts[incarnation].stream == 0:
            del db.hosts[incarnation]
