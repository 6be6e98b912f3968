"""Launches: every message of a campaign is written, in pieces, by as many replicas as there are.

Failures: where a piece fails, the launch goes on device by device and lead by lead, until the lead at fault
stands alone; `LeadByLead` leaves that lead out. A campaign that fails as a whole rests for a minute, and the
others are launched.
"""

import asyncio
import logging

from services.enrollment.campaigns.lead_by_lead import LeadByLead
from services.enrollment.campaigns.rests import Rests
from services.enrollment.campaigns.store import CampaignStore
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.tracing import LaunchSpan
from services.runtime.containment import PASSING, contained, contained_each
from services.runtime.lifecycle import Life

log = logging.getLogger(__name__)

# In one statement, however few leads each has: their rows are locked for as long as it takes.
_MOST_DEVICES = 200


class Launches:
    """`run_once` writes what there is to write. Raises `PASSING`: the next look goes on."""

    def __init__(self, store: CampaignStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life
        self._lead_by_lead = LeadByLead(store, settings, life)
        self._rests, self._unstarted = Rests[int](), Rests[int]()

    async def run_once(self) -> int:
        """How many messages were written."""
        await self._start()
        launching = await self._store.launching()
        self._rests.keep(launching)
        messages = 0
        for campaign_id in launching:
            if self._rests.has(campaign_id):
                continue
            with contained("enrollment.launch", campaign_id=campaign_id) as ended:
                messages += await self._launch(campaign_id)
            if ended.error is not None:
                self._rests.begin(campaign_id)
        return messages

    async def _start(self) -> None:
        scheduled = await self._store.scheduled()
        self._unstarted.keep(scheduled)
        due = [each for each in scheduled if not self._unstarted.has(each)]
        for failed in await contained_each("enrollment.start", due, self._store.start, _ids):
            self._unstarted.begin(failed)

    async def _launch(self, campaign_id: int) -> int:
        span = LaunchSpan(campaign_id)
        begun = await self._store.begin(campaign_id, span.traceparent, span.message_ratio)
        messages = await self._write_all(campaign_id)
        if begun:
            span.end(messages)
        return messages

    async def _write_all(self, campaign_id: int) -> int:
        extent = await self._store.extent(campaign_id)
        messages = 0
        if extent is not None:
            await self._store.ensure_partitions(extent.length_s)
            leads = self._settings.campaign_batch_leads
            devices = max(1, min(_MOST_DEVICES, round(leads / max(1.0, extent.leads_a_device))))
            messages = await self._write(campaign_id, devices, leads)
            if not self._life.is_draining and await self._store.reopen(campaign_id):
                messages += await self._write(campaign_id, devices, leads)
        if not self._life.is_draining and await self._store.written(campaign_id):
            log.info("campaign runs", extra={"campaign": campaign_id, "messages": messages})
        return messages

    async def _write(self, campaign_id: int, devices: int, leads: int) -> int:
        messages = 0

        async def pieces() -> None:
            nonlocal messages
            while not self._life.is_draining:
                piece = await self._store.write(campaign_id, devices, leads)
                messages += piece.messages
                if not piece.devices:
                    break

        width = self._settings.campaign_batches_in_flight
        # No TaskGroup: an error of one must not cancel the pieces of the others.
        ended = await asyncio.gather(*(pieces() for _ in range(width)), return_exceptions=True)
        errors = [one for one in ended if isinstance(one, BaseException)]
        for error in errors:
            if isinstance(error, PASSING) or not isinstance(error, Exception):
                raise error
        if errors:
            messages += await self._lead_by_lead.write(campaign_id)
        return messages


def _ids(campaign_id: int) -> dict[str, object]:
    return {"campaign_id": campaign_id}
