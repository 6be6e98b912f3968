"""One call of BatchUpsertLeads, all or none, in the transaction of its mutation."""

from collections.abc import Iterator, Sequence
from typing import Any

from gateway import names
from gateway.devices.store import DeviceStore
from gateway.idempotency.store import Change, Connection
from gateway.leads.bulk import BulkWriter, Written, erased_meanwhile
from gateway.leads.check import draft
from gateway.leads.convert import to_proto
from gateway.leads.model import Draft, Entry
from gateway.leads.store import LeadStore
from kompang.v1 import leads_pb2 as pb
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition, InvalidArgument, Violation

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
        entries = [Entry.of(account_id, wanted) for wanted in drafts]
        written = await BulkWriter(connection, account_id).write(entries)
        _refuse_conflicts(drafts, written)
        return await self._response(connection, account_id, drafts, written)

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

    async def _response(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft], written: Written
    ) -> Change:
        ids = [written.id_of(wanted.phone) for wanted in drafts]
        stored = await self._leads.read_many(connection, account_id, ids)
        if len(stored) < len(ids):
            raise erased_meanwhile()
        created, updated = len(written.created), len(written.updated)
        response = pb.BatchUpsertLeadsResponse(
            leads=[to_proto(stored[lead_id]) for lead_id in ids],
            created_count=created,
            updated_count=updated,
            unchanged_count=len(ids) - created - updated,
        )
        return Change(response, f"leads ({len(ids)})")


def _refuse_conflicts(drafts: Sequence[Draft], written: Written) -> None:
    """The error rolls back what the batch has written already."""
    fields = [f"leads[{index}].device" for index, one in enumerate(drafts) if one.phone in written.conflicts]
    if fields:
        raise FailedPrecondition(
            f"{', '.join(fields[:_TOLD])}: the lead is being taken through a sequence by another device"
            f" ({len(fields)} in all); leave the device empty, or wait for the end of the sequence",
            reason=Reason.LEAD_ENROLLED,
            field=fields[0],
        )


def _unknown_triggers(drafts: Sequence[Draft], listened_for: Sequence[str]) -> Iterator[Violation]:
    there_are = f"there are: {', '.join(listened_for[:_TOLD])}" if listened_for else "there is none yet"
    text = f"no sequence listens for it; create the sequence first or correct the trigger ({there_are})"
    known = {"", *listened_for}
    for index, wanted in enumerate(drafts):
        if wanted.trigger not in known:
            yield Violation(f"leads[{index}].trigger", text)
