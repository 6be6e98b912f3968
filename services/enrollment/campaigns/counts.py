"""The counts of campaigns: changes are folded into them, and who has nothing open has finished."""

import logging

from services.enrollment.campaigns.store import CampaignStore

log = logging.getLogger(__name__)

_FOLD = 20_000


class Counts:
    """`run_once` folds what there is. Raises what the store raises: the next look goes on."""

    def __init__(self, store: CampaignStore) -> None:
        self._store = store

    async def run_once(self) -> None:
        """Finishing needs no folding: counts are exact without."""
        while await self._store.fold(_FOLD) == _FOLD:
            pass
        for campaign_id in await self._store.finish():
            log.info("campaign finished", extra={"campaign": campaign_id})
