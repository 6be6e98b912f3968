"""One call of BatchUpsertLeads, all or none, in the transaction of its mutation.

What is computed for a thousand leads is computed in a thread: the event loop belongs to others, too.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from gateway.devices.store import DeviceStore
from gateway.idempotency.store import Change, Connection
from gateway.leads.bulk.writer import BulkWriter, Written, erased_meanwhile
from gateway.leads.check import draft
from gateway.leads.convert import to_proto
from gateway.leads.model import Draft, Entry, Stored
from gateway.leads.preconditions import refuse_conflicts, refuse_unknown_devices, refuse_unknown_triggers
from gateway.leads.store import LeadStore
from kompang.v1 import leads_pb2 as pb
from services.consent.phone_hash import PhoneHashes


class Upsert:
    """Runs batches; raises what BatchUpsertLeads documents."""

    def __init__(self, leads: LeadStore, devices: DeviceStore, hashes: PhoneHashes) -> None:
        self._leads = leads
        self._hashes = hashes
        self._devices = devices

    async def run(self, connection: Connection, account_id: int, request: Any) -> Change:
        """The change made by one batch."""
        drafts = await asyncio.to_thread(_drafts, request)
        if any(wanted.trigger for wanted in drafts):
            refuse_unknown_triggers(drafts, await self._leads.triggers(connection, account_id))
        devices = {wanted.device_id for wanted in drafts if wanted.device_id is not None}
        refuse_unknown_devices(drafts, await self._devices.existing(connection, account_id, devices))
        entries = await asyncio.to_thread(self._entries, account_id, drafts)
        written = await BulkWriter(connection, account_id).write(entries)
        refuse_conflicts(drafts, written)
        return await self._response(connection, account_id, drafts, written)

    def _entries(self, account_id: int, drafts: Sequence[Draft]) -> list[Entry]:
        return [Entry.of(account_id, wanted, self._hashes) for wanted in drafts]

    async def _response(
        self, connection: Connection, account_id: int, drafts: Sequence[Draft], written: Written
    ) -> Change:
        ids = [written.id_of(wanted.phone) for wanted in drafts]
        stored = await self._leads.read_many(connection, account_id, ids)
        if len(stored) < len(ids):
            raise erased_meanwhile()
        created, updated = len(written.created), len(written.updated)
        response = pb.BatchUpsertLeadsResponse(
            created_count=created,
            updated_count=updated,
            unchanged_count=len(ids) - created - updated,
        )
        await asyncio.to_thread(_fill, response, [stored[lead_id] for lead_id in ids])
        return Change(response, f"leads ({len(ids)})")


def _drafts(request: Any) -> list[Draft]:
    return [draft(lead) for lead in request.leads]


def _fill(response: pb.BatchUpsertLeadsResponse, leads: Sequence[Stored]) -> None:
    response.leads.extend(map(to_proto, leads))
