"""The leads of a batch, written on the connection of its transaction.

A fixed number of statements, however many leads. The new numbers are inserted; of those there are, only the
ones that change are touched; evidence of permissions is added; nobody waits for leads that stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from gateway.idempotency.store import Connection
from gateway.imports.batch import Refused
from gateway.imports.header import MAX_ATTRIBUTES
from gateway.imports.mapper import Wanted
from gateway.imports.tally import Tally
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)


@dataclass(frozen=True)
class Known:
    """A lead that is there already."""

    id: int
    device_id: int
    consented: bool
    attributes: int


class BatchLeads:
    """Raises what `Postgres` raises, and `FailedPrecondition` when there is no device to give."""

    def __init__(self, connection: Connection, account_id: int, device_id: int | None) -> None:
        self._connection = connection
        self._account_id = account_id
        self._device_id = device_id

    async def write(self, rows: Sequence[Wanted]) -> tuple[Tally, list[Refused]]:
        """What became of the rows, and those that only the leads there are forbid."""
        if not rows:
            return Tally(), []
        await self._connection.fetch(_SQL.set_up)
        created = await self._insert_new(rows)
        rest = [row for row in rows if row.draft.phone not in created]
        known = await self._known(rest)
        refused = await self._refused(rest, known)
        lines = {each.line for each in refused}
        rest = [row for row in rest if row.line not in lines and row.draft.phone in known]
        ids = created | {row.draft.phone: known[row.draft.phone].id for row in rest}
        evident = await self._add_consents([row for row in rows if row.draft.phone in ids], ids)
        updated = await self._update(rest, known, evident) | (
            evident & {ids[row.draft.phone] for row in rest}
        )
        hashes = [row.phone_hash for row in rows if row.line not in lines]
        suppressed = await self._connection.fetchval(_SQL.count_suppressed, self._account_id, hashes)
        unconsented = sum(row.draft.consent is None for row in rows if row.draft.phone in created)
        unconsented += sum(row.draft.consent is None and not known[row.draft.phone].consented for row in rest)
        tally = Tally(
            created=len(created),
            updated=len(updated),
            unchanged=len(rows) - len(refused) - len(created) - len(updated),
            without_consent=unconsented,
            suppressed=suppressed,
        )
        return tally, refused

    async def _insert_new(self, rows: Sequence[Wanted]) -> dict[str, int]:
        drafts = [row.draft for row in rows]
        try:
            made = await self._connection.fetch(
                _SQL.insert_new,
                self._account_id,
                [draft.phone for draft in drafts],
                [row.phone_hash for row in rows],
                [draft.display_name for draft in drafts],
                [draft.trigger for draft in drafts],
                [draft.device_id for draft in drafts],
                [row.attributes_json for row in rows],
                [draft.granted_at for draft in drafts],
                [draft.language for draft in drafts],
                [draft.timezone for draft in drafts],
                self._device_id,
            )
        except asyncpg.NotNullViolationError as error:
            raise FailedPrecondition(
                "this account has no device to assign to new leads; create one with BatchCreateDevices,"
                " or link a parked one again",
                reason=Reason.NO_DEVICE,
            ) from error
        return {row["phone"]: row["id"] for row in made}

    async def _known(self, rows: Sequence[Wanted]) -> dict[str, Known]:
        if not rows:
            return {}
        found = await self._connection.fetch(
            _SQL.known,
            self._account_id,
            [row.draft.phone for row in rows],
            [row.attributes_json for row in rows],
        )
        return {
            rows[each["place"] - 1].draft.phone: Known(
                each["id"], each["device_id"], each["consented"], each["attributes"]
            )
            for each in found
        }

    async def _refused(self, rows: Sequence[Wanted], known: dict[str, Known]) -> list[Refused]:
        refused = [
            Refused(
                row.line, "TOO_MANY_ATTRIBUTES",
                f"would give its lead more than {MAX_ATTRIBUTES} attributes; leave some columns out", (),
            )
            for row in rows
            if row.draft.phone in known and known[row.draft.phone].attributes > MAX_ATTRIBUTES
        ]  # fmt: skip
        moving = {
            known[row.draft.phone].id: row.line
            for row in rows
            if row.draft.phone in known
            and row.draft.device_id not in (None, known[row.draft.phone].device_id)
        }
        if not moving:
            return refused
        await self._connection.execute(_SQL.lock_moving, list(moving))
        stuck = await self._connection.fetch(_SQL.enrolled, list(moving))
        because = (
            "device: the lead is being taken through a sequence by another device; leave the cell empty,"
            " or wait for the end of the sequence"
        )
        # A row is refused once.
        lines = {moving[row["lead_id"]] for row in stuck} - {each.line for each in refused}
        return refused + [Refused(line, Reason.LEAD_ENROLLED, because, ()) for line in sorted(lines)]

    async def _add_consents(self, rows: Sequence[Wanted], ids: dict[str, int]) -> set[int]:
        """The leads for which evidence was new."""
        given = [
            (ids[row.draft.phone], row.draft.consent, row.is_undated) for row in rows if row.draft.consent
        ]
        if not given:
            return set()
        made = await self._connection.fetch(
            _SQL.add_consents,
            [lead_id for lead_id, _, _ in given],
            [consent.source for _, consent, _ in given],
            [consent.wording for _, consent, _ in given],
            [consent.granted_at for _, consent, _ in given],
            [is_undated for _, _, is_undated in given],
        )
        return {row["lead_id"] for row in made}

    async def _update(self, rows: Sequence[Wanted], known: dict[str, Known], evident: set[int]) -> set[int]:
        """Brings leads to what the rows say; those that this changed."""
        if not rows:
            return set()
        ids = [known[row.draft.phone].id for row in rows]
        changed = await self._connection.fetch(
            _SQL.update_changed,
            ids,
            [row.draft.display_name for row in rows],
            [row.draft.trigger for row in rows],
            [row.draft.device_id for row in rows],
            [row.attributes_json for row in rows],
            [row.draft.granted_at if id_ in evident else None for id_, row in zip(ids, rows, strict=True)],
            [row.draft.language for row in rows],
            [row.draft.timezone for row in rows],
        )
        return {row["id"] for row in changed}
