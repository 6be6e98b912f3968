"""Launches: every message of a campaign is written, in pieces, by as many replicas as there are."""

import asyncio
import logging

from services.enrollment.campaigns.store import CampaignStore
from services.enrollment.settings import EnrollmentSettings
from services.runtime.lifecycle import Life

log = logging.getLogger(__name__)

# In one statement, however few leads each has: their rows are locked for as long as it takes.
_MOST_DEVICES = 200


class Launches:
    """`run_once` writes what there is to write. Raises what the store raises: the next look goes on."""

    def __init__(self, store: CampaignStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life

    async def run_once(self) -> int:
        """How many messages were written."""
        await self._store.start()
        return sum([await self._launch(campaign_id) for campaign_id in await self._store.launching()])

    async def _launch(self, campaign_id: int) -> int:
        await self._store.begin(campaign_id)
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
        async def pieces() -> int:
            messages = 0
            while not self._life.is_draining:
                piece = await self._store.write(campaign_id, devices, leads)
                messages += piece.messages
                if not piece.devices:
                    break
            return messages

        width = self._settings.campaign_batches_in_flight
        # Not a TaskGroup: what one raises, the others' pieces need not be cut off for.
        ended = await asyncio.gather(*(pieces() for _ in range(width)), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return sum(one for one in ended if isinstance(one, int))
