"""Many leads written at once, by number: the one writer of leads, for BatchUpsertLeads and for imports.

Authority: the unique number of a lead in its account. New numbers are inserted; of the leads there are, only
those that the batch changes are touched, in the order of their ids; evidence of permissions is added. Nobody
waits for leads that stay as they are.

A lead on its way keeps its device, because its messages are planned on that device. So the leads that change
are locked before the enrollments are looked at.

A lead that is erased meanwhile gets nothing of the person back: its number is another one by then, the batch
finds that out and is `Aborted`, and its caller repeats the transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from gateway.idempotency.store import Connection
from gateway.leads.model import MAX_ATTRIBUTES, Entry
from services.reasons import Reason
from services.runtime.errors import Aborted, FailedPrecondition
from services.runtime.queries import Queries, columns

_SQL = Queries.beside(__file__)


class Conflict(Enum):
    """Why the lead there is forbids what an entry wants."""

    ENROLLED = auto()
    """It is being taken through a sequence by another device."""
    TOO_MANY_ATTRIBUTES = auto()
    """Its attributes and the entry's are more than a lead may have."""


class Known(NamedTuple):
    """A lead that is there already; `attributes`: how many it would have."""

    id: int
    device_id: int
    consented: bool
    attributes: int
    is_evident: bool
    differs: bool


@dataclass(frozen=True)
class Written:
    """What became of a batch, by number: ids of leads, and conflicts. Entries in conflict changed nothing."""

    created: Mapping[str, int]
    known: Mapping[str, Known]
    updated: frozenset[str]
    conflicts: Mapping[str, Conflict]

    def id_of(self, phone: str) -> int:
        """The lead with a number of the batch."""
        return self.created.get(phone) or self.known[phone].id

    def is_consented(self, entry: Entry) -> bool:
        """Whether the lead has a permission now."""
        if entry.draft.phone in self.known:
            lead = self.known[entry.draft.phone]
            return lead.consented or lead.is_evident
        return entry.draft.consent is not None


class BulkWriter:
    """Writes on the connection of the caller's transaction, in a fixed number of statements.

    `merge`: what an entry says nothing about stays as it is, as in an import; else an entry is the whole
    lead. `device_id`: for new leads without a device of their own.
    """

    def __init__(
        self, connection: Connection, account_id: int, *, merge: bool = False, device_id: int | None = None
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._blank = "" if merge else None
        self._device_id = device_id

    async def write(self, entries: Sequence[Entry]) -> Written:
        """Writes entries of different numbers.

        Raises `FailedPrecondition` when a new lead needs a device and the account has none to give, `Aborted`
        when a lead was erased meanwhile: the same again may work.
        """
        if not entries:
            return Written({}, {}, frozenset(), {})
        created = await self._insert_new(entries)
        rest = [entry for entry in entries if entry.draft.phone not in created]
        known = await self._compare(rest)
        conflicts = await self._lock(rest, known)
        changing = [
            (known[phone], entry)
            for entry in rest
            if (phone := entry.draft.phone) not in conflicts and known[phone].differs
        ]
        new = [(created[entry.draft.phone], entry) for entry in entries if entry.draft.phone in created]
        await self._add_consents(new + [(lead.id, entry) for lead, entry in changing if lead.is_evident])
        await self._update(sorted(changing, key=lambda each: each[0].id))
        return Written(created, known, frozenset(entry.draft.phone for _, entry in changing), conflicts)

    async def _insert_new(self, entries: Sequence[Entry]) -> dict[str, int]:
        rows = await self._connection.fetch(
            _SQL.insert_new,
            self._account_id,
            *_lead_columns(entries),
            [entry.phone_hash for entry in entries],
            [entry.draft.granted_at for entry in entries],
            self._device_id,
            [older for entry in entries for older in entry.hashes[1:]],
            [entry.draft.phone for entry in entries for _ in entry.hashes[1:]],
        )
        created = {row["phone"]: row["id"] for row in rows}
        if None in created.values():
            raise FailedPrecondition(
                "this account has no device to assign to new leads; create one with BatchCreateDevices,"
                " or link a parked one again",
                reason=Reason.NO_DEVICE,
            )
        return created

    async def _compare(self, entries: Sequence[Entry]) -> dict[str, Known]:
        if not entries:
            return {}
        consents = [entry.draft.consent for entry in entries]
        rows = await self._connection.fetch(
            _SQL.compare,
            self._account_id,
            self._blank,
            *_lead_columns(entries),
            [consent and consent.source for consent in consents],
            [consent and consent.wording for consent in consents],
            [consent and consent.granted_at for consent in consents],
            [entry.is_undated for entry in entries],
            [entry.is_own for entry in entries],
        )
        if len(rows) < len(entries):
            raise erased_meanwhile()
        return {entries[place - 1].draft.phone: Known(*known) for place, *known in rows}

    async def _lock(self, entries: Sequence[Entry], known: Mapping[str, Known]) -> dict[str, Conflict]:
        """Locks the leads that change; the entries that these leads forbid."""
        conflicts = {
            entry.draft.phone: Conflict.TOO_MANY_ATTRIBUTES
            for entry in entries
            if known[entry.draft.phone].attributes > MAX_ATTRIBUTES
        }
        changing = {
            lead.id: entry.draft
            for entry in entries
            if (lead := known[entry.draft.phone]).differs and entry.draft.phone not in conflicts
        }
        if not changing:
            return conflicts
        locked = await self._connection.fetch(_SQL.lock, list(changing), self._account_id)
        moving = [
            row["id"] for row in locked if changing[row["id"]].device_id not in (None, row["device_id"])
        ]
        if moving:
            for row in await self._connection.fetch(_SQL.enrolled, moving, self._account_id):
                conflicts[changing[row["lead_id"]].phone] = Conflict.ENROLLED
        return conflicts

    async def _add_consents(self, evident: Sequence[tuple[int, Entry]]) -> None:
        given = [
            (lead_id, consent.source, consent.wording, consent.granted_at, entry.is_undated)
            for lead_id, entry in evident
            if (consent := entry.draft.consent)
        ]
        if given:
            given_columns = map(list, zip(*given, strict=True))
            await self._connection.execute(_SQL.add_consents, *given_columns, self._account_id)

    async def _update(self, changing: Sequence[tuple[Known, Entry]]) -> None:
        if not changing:
            return
        rows = await self._connection.fetch(
            _SQL.update,
            self._blank,
            *_lead_columns([entry for _, entry in changing]),
            [lead.id for lead, _ in changing],
            [entry.draft.granted_at if lead.is_evident else None for lead, entry in changing],
            self._account_id,
        )
        if len(rows) < len(changing):
            raise erased_meanwhile()


def _lead_columns(entries: Sequence[Entry]) -> list[list[Any]]:
    """What a lead is, a list for each column, in the order in which every statement takes the columns."""
    drafts = [entry.draft for entry in entries]
    return [
        *columns(drafts, "phone", "display_name", "trigger", "device_id"),
        *columns(entries, "attributes_json"),
        *columns(drafts, "language", "timezone"),
    ]


def erased_meanwhile() -> Aborted:
    """Repeat the transaction: the number is a new lead's by now."""
    return Aborted("a lead of this batch was erased meanwhile; try again", reason=Reason.LEAD_DELETED)
