"""One batch of leads, all or none, in the transaction of its mutation.

Steps: refuse what the account's state forbids; insert the new numbers; lock the rest and bring them
to what is wanted; add the evidence of permissions; read all back in the order of the request. The
order keeps a concurrent batch with the same numbers, and enrollment, from slipping in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway import names
from gateway.devices.store import DeviceStore
from gateway.idempotency.store import Change, Connection
from gateway.leads.check import draft
from gateway.leads.convert import to_proto
from gateway.leads.draft import Draft
from gateway.leads.store import Known, LeadStore
from kompang.v1 import leads_pb2 as pb
from services.reasons import Reason
from services.runtime.errors import Aborted, FailedPrecondition, InvalidArgument, Violation

_TOLD = 5


class Upsert:
    """Runs batches; raises what BatchUpsertLeads documents."""

    def __init__(self, leads: LeadStore, devices: DeviceStore) -> None:
        self._leads = leads
        self._devices = devices

    async def run(self, connection: Connection, account_id: int, request: Any) -> Change:
        """The change made by one batch."""
        drafts = [draft(lead) for lead in request.leads]
        await self._refuse_unknown_triggers(connection, account_id, drafts)
        await self._refuse_unknown_devices(connection, account_id, drafts)
        created = await self._leads.insert_new(connection, account_id, drafts)
        known = await self._leads.lock(connection, account_id, drafts)
        if len(known) < len(drafts):
            raise Aborted("a lead of this batch was deleted meanwhile; try again", reason=Reason.LEAD_DELETED)
        await self._refuse_moves(connection, drafts, known)
        changed = await self._leads.update(connection, drafts, known)
        changed |= await self._leads.add_consents(connection, drafts, known)
        return await self._response(connection, account_id, drafts, known, created, changed - created)

    async def _refuse_unknown_triggers(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft]
    ) -> None:
        if not any(wanted.trigger for wanted in drafts):
            return
        listened_for = await self._leads.triggers(connection, account_id)
        unknown = list(_unknown_triggers(drafts, listened_for))
        if unknown:
            raise InvalidArgument(unknown)

    async def _refuse_unknown_devices(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft]
    ) -> None:
        wanted = {one.device_id for one in drafts if one.device_id is not None}
        absent = wanted - await self._devices.existing(connection, account_id, wanted)
        for index, one in enumerate(drafts):
            if one.device_id in absent:
                raise names.missing(f"devices/{one.device_id}", f"leads[{index}].device")

    async def _refuse_moves(
        self, connection: Connection, drafts: Sequence[Draft], known: Mapping[str, Known]
    ) -> None:
        """What is planned stays with its device, so a lead on its way cannot change it."""
        moves = {
            known[wanted.phone].id: index
            for index, wanted in enumerate(drafts)
            if wanted.device_id not in (None, known[wanted.phone].device_id)
        }
        stuck = await self._leads.enrolled(connection, moves)
        if stuck:
            fields = [f"leads[{index}].device" for lead_id, index in moves.items() if lead_id in stuck]
            raise FailedPrecondition(
                f"{', '.join(fields[:_TOLD])}: the lead is being taken through a sequence by another device"
                f" ({len(fields)} in all); leave the device empty, or wait for the end of the sequence",
                reason=Reason.LEAD_ENROLLED,
                field=fields[0],
            )

    async def _response(
        self,
        connection: Connection,
        account_id: int,
        drafts: Sequence[Draft],
        known: Mapping[str, Known],
        created: set[int],
        updated: set[int],
    ) -> Change:
        ids = [known[wanted.phone].id for wanted in drafts]
        stored = await self._leads.read_many(connection, account_id, ids)
        response = pb.BatchUpsertLeadsResponse(
            leads=[to_proto(stored[lead_id]) for lead_id in ids],
            created_count=len(created),
            updated_count=len(updated),
            unchanged_count=len(ids) - len(created) - len(updated),
        )
        return Change(response, f"leads ({len(ids)})")


def _unknown_triggers(drafts: Sequence[Draft], listened_for: Sequence[str]) -> Iterator[Violation]:
    there_are = f"there are: {', '.join(listened_for[:_TOLD])}" if listened_for else "there is none yet"
    text = f"no sequence listens for it; create the sequence first or correct the trigger ({there_are})"
    known = {"", *listened_for}
    for index, wanted in enumerate(drafts):
        if wanted.trigger not in known:
            yield Violation(f"leads[{index}].trigger", text)
