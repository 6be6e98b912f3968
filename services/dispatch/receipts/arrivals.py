"""How many messages that the network took have not arrived: of each device, and of this replica's shards."""

from collections.abc import Mapping

from opentelemetry import metrics

from services.dispatch.devices.roster import Roster
from services.dispatch.receipts.store import Arrived, ReceiptStore
from services.dispatch.settings import DispatchSettings
from services.runtime.containment import contained_each

_undelivered = metrics.get_meter(__name__).create_gauge(
    "kompang.undelivered_messages",
    unit="{message}",
    description="Messages of the last day that were accepted long ago and have not arrived.",
)
_poor = metrics.get_meter(__name__).create_gauge(
    "kompang.undelivering_devices",
    unit="{device}",
    description="Devices of which more than half of such messages have not arrived.",
)

_PIECE = 500


class Arrivals:
    """`run_once` sums for the shards that are served here; each replica tells of its own."""

    def __init__(self, store: ReceiptStore, roster: Roster, settings: DispatchSettings) -> None:
        self._store = store
        self._roster = roster
        self._settings = settings

    async def run_once(self) -> None:
        """Raises as the store does."""
        shards = self._roster.shards
        after_s, least = self._settings.undelivered_after_s, self._settings.undelivered_least
        found = await self._store.arrivals(shards, after_s, least)
        changed = [each for each in found if each.is_changed]
        for begin in range(0, len(changed), _PIECE):
            part = changed[begin : begin + _PIECE]
            await contained_each("dispatch.arrivals", part, self._store.keep_arrivals, _ids)
        await self._store.forget_arrivals(shards)
        _undelivered.set(sum(each.undelivered for each in found))
        _poor.set(sum(each.is_poor for each in found))


def _ids(arrived: Arrived) -> Mapping[str, object]:
    return {"device_id": arrived.device_id}
