"""How many replies wait for a person: those in quarantine, and those that were perhaps a stop."""

from opentelemetry import metrics

from services.dispatch.inbound.store import InboundStore

_gauge = metrics.get_meter(__name__).create_gauge(
    "kompang.quarantine_waiting",
    unit="{reply}",
    description="Replies in quarantine that no operator has settled, by what they may mean.",
)
_doubts = metrics.get_meter(__name__).create_gauge(
    "kompang.doubts_waiting",
    unit="{lead}",
    description="Suppressions by a reply that was perhaps a stop, about which nobody has decided.",
)
_MEANINGS = ("stop", "start", "reply")


class Waiting:
    """`run_once` counts. Every replica tells the same figure."""

    def __init__(self, store: InboundStore) -> None:
        self._store = store

    async def run_once(self) -> None:
        """Raises as the store does."""
        counted = await self._store.waiting()
        for meaning in _MEANINGS:
            _gauge.set(counted.get(meaning, 0), {"kompang.meaning": meaning})
        _doubts.set(await self._store.doubts())
