"""Walks over all messages of a campaign: to cancel what is pending, or to retry what failed."""

import logging

from services.enrollment.campaigns.store import CampaignStore, Step, Sweep
from services.enrollment.settings import EnrollmentSettings
from services.message.reason import MessageReason
from services.runtime.lifecycle import Life

log = logging.getLogger(__name__)

# Failures that may pass. `GAVE_UP` is none: it may have gone.
PASSING = (MessageReason.TOO_MANY_ATTEMPTS,)

# What a walk has left is the hand's; this is for devices that are not connected.
_AGAIN_S = 30.0


class Sweeps:
    """`run_once` walks all there is to walk. Raises what the store raises: the next look goes on."""

    def __init__(self, store: CampaignStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life

    async def run_once(self) -> int:
        """How many messages were changed."""
        return sum([await self._walk(sweep) for sweep in await self._store.sweeps()])

    async def _walk(self, sweep: Sweep) -> int:
        if sweep.kind == "cancel":
            await self._store.close_devices(sweep.campaign_id)
        changed = 0
        while not self._life.is_draining:
            step = await self._step(sweep)
            changed += step.changed
            if not step.sweeps:
                return changed  # another replica is at it
            if not step.messages:
                await self._store.end_sweep(sweep, _AGAIN_S)
                log.info(
                    "walk ended",
                    extra={"campaign": sweep.campaign_id, "kind": sweep.kind, "changed": changed},
                )
                return changed
        return changed

    async def _step(self, sweep: Sweep) -> Step:
        size = self._settings.campaign_batch_leads
        if sweep.kind == "cancel":
            return await self._store.cancel(sweep.campaign_id, size)
        return await self._store.retry(sweep.campaign_id, size, PASSING)
