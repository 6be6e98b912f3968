"""Walks over all messages of a campaign: to cancel what is pending, or to retry what failed.

Failures: a message whose row the database refuses is left as it is, and reported. No other failure is that of
a message: the walk ends where it is and rests for a minute, and the other campaigns have theirs.
"""

import logging
from typing import assert_never

from services.enrollment.campaigns.rests import Rests
from services.enrollment.campaigns.sweeps.store import Step, Sweep, SweepKind, SweepStore
from services.enrollment.campaigns.width import Width
from services.enrollment.settings import EnrollmentSettings
from services.message.reason import MessageReason
from services.runtime.containment import PASSING, contained, report
from services.runtime.lifecycle import Life
from services.runtime.postgres import is_of_data

log = logging.getLogger(__name__)

# Failures that may pass. `GAVE_UP` is none: it may have gone.
RETRIED = (MessageReason.TOO_MANY_ATTEMPTS,)

# The hand ends the messages that a walk has left; the next walk is for devices that are not connected.
_AGAIN_S = 30.0
# After so many messages in a row that fail, the walk itself is at fault.
_MOST_FAILED = 20


class Sweeps:
    """`run_once` walks all there is to walk. Raises `PASSING`: the next look goes on."""

    def __init__(self, store: SweepStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life
        self._rests = Rests[Sweep]()

    async def run_once(self) -> int:
        """How many messages were changed."""
        changed = 0
        sweeps = await self._store.sweeps()
        self._rests.keep(sweeps)
        for sweep in sweeps:
            if self._rests.has(sweep):
                continue
            with contained("enrollment.sweep", campaign_id=sweep.campaign_id, kind=sweep.kind) as ended:
                changed += await self._walk(sweep)
            if ended.error is not None:
                self._rests.begin(sweep)
        return changed

    async def _walk(self, sweep: Sweep) -> int:
        if sweep.kind is SweepKind.CANCEL:
            await self._store.close_devices(sweep.campaign_id)
        changed, failed, width = 0, 0, Width(self._settings.campaign_batch_leads)
        while not self._life.is_draining:
            # Known before the attempt: another replica may go on with the walk meanwhile.
            at = await self._store.next_swept(sweep) if width.is_one else None
            try:
                step = await self._step(sweep, width.now)
            except PASSING:
                raise
            except Exception as error:
                if not is_of_data(error):
                    raise
                if not width.is_one:
                    width.halve()
                    continue
                failed += 1
                if at is None or failed == _MOST_FAILED:
                    raise
                report("enrollment.sweep.message", error, campaign_id=sweep.campaign_id, lead_id=at.lead_id)
                await self._store.pass_swept(sweep, at)
                width.double()
                continue
            failed = 0
            width.double()
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

    async def _step(self, sweep: Sweep, size: int) -> Step:
        match sweep.kind:
            case SweepKind.CANCEL:
                return await self._store.cancel(sweep.campaign_id, size)
            case SweepKind.RETRY:
                return await self._store.retry(sweep.campaign_id, size, RETRIED)
        assert_never(sweep.kind)
