"""Counts of campaigns, steps, devices: changes are folded in; a campaign with nothing open has finished."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from services.enrollment.campaigns.store import CampaignStore
from services.runtime.containment import PASSING, contained, contained_each, report

log = logging.getLogger(__name__)

_FOLD = 20_000


class Counts:
    """`run_once` folds what there is. Raises `PASSING`: the next look goes on.

    One statement serves all campaigns. Where it fails, each campaign is tried alone, and the one at fault is
    reported; the statement itself, where no campaign is at fault.
    """

    def __init__(self, store: CampaignStore) -> None:
        self._store = store

    async def run_once(self) -> None:
        """Finishing needs no folding: counts are exact without."""
        await _for_all("enrollment.fold", self._fold, self._store.changed)
        await _for_all("enrollment.finish", self._finish, self._store.running)
        # No campaign waits for these.
        with contained("enrollment.fold_deliveries"):
            while await self._store.fold_deliveries(_FOLD) == _FOLD:
                pass

    async def _fold(self, campaign_ids: Sequence[int] | None = None) -> None:
        while await self._store.fold(_FOLD, campaign_ids) == _FOLD:
            pass

    async def _finish(self, campaign_ids: Sequence[int] | None = None) -> None:
        for campaign_id in await self._store.finish(campaign_ids):
            log.info("campaign finished", extra={"campaign": campaign_id})


async def _for_all(
    place: str,
    work: Callable[[Sequence[int] | None], Awaitable[None]],
    every_one: Callable[[], Awaitable[Sequence[int]]],
) -> None:
    """`work` for all campaigns (None); where that fails, for parts of `every_one`."""
    try:
        await work(None)
    except PASSING:
        raise
    except Exception as error:  # noqa: BLE001 - reported below, with the campaign at fault
        if not await contained_each(
            place, await every_one(), work, lambda campaign_id: {"campaign_id": campaign_id}
        ):
            report(place, error)
