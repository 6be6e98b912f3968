"""kompang.v1.OverviewService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from collections.abc import AsyncIterator
from typing import Any

import grpc

from gateway import names
from gateway.auth.caller import caller
from gateway.campaigns.store import CampaignStore
from gateway.overview.store import OverviewStore
from gateway.overview.view import View
from kompang.v1 import overview_pb2 as pb
from kompang.v1 import overview_pb2_grpc
from services.runtime.errors import Unavailable
from services.runtime.lifecycle import Life


class OverviewServicer(overview_pb2_grpc.OverviewServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: OverviewStore, campaigns: CampaignStore, life: Life, watch_s: float) -> None:
        """`watch_s`: seconds between two looks of a watch."""
        self._store = store
        self._campaigns = campaigns
        self._life = life
        self._watch_s = watch_s

    async def WatchOverview(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.WatchOverviewResponse]:
        """Sends the overview every second, until the caller goes."""
        view = View(self._store, self._campaigns, caller().account_id)
        if request.name not in ("accounts/-", await view.account()):
            raise names.missing(request.name)
        while True:
            overview = await view.look()
            yield pb.WatchOverviewResponse(overview=overview)
            # While the day is still being counted, the next look comes sooner.
            if not await self._life.pause(self._watch_s if overview.counted else self._watch_s / 5):
                raise Unavailable("this gateway drains; watch at another")
