"""How many messages that the network took have not arrived: of each device, and of this replica's shards."""

from opentelemetry import metrics

from services.dispatch.devices.roster import Roster
from services.dispatch.receipts.store import ReceiptStore
from services.dispatch.settings import DispatchSettings

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


class Arrivals:
    """`run_once` counts for the shards that are served here; each replica tells of its own."""

    def __init__(self, store: ReceiptStore, roster: Roster, settings: DispatchSettings) -> None:
        self._store = store
        self._roster = roster
        self._settings = settings

    async def run_once(self) -> None:
        """Raises as the store does."""
        found = await self._store.count_undelivered(
            self._roster.shards, self._settings.undelivered_after_s, self._settings.undelivered_least
        )
        _undelivered.set(found.undelivered)
        _poor.set(found.poor)
