"""Leads that failed alone: scans leave them out for some hours, and so get behind them."""

import asyncio
from collections.abc import Sequence

from services.enrollment.store import Listener

# A scan tries a hundred leads that fail in a row, every few minutes: so it gets behind thousands of them.
REST_S = 6 * 3600.0
# Beyond that, those that failed first are tried again sooner.
_MOST = 100_000


class FailedLeads:
    """Kept in memory only: a process that starts tries them all again."""

    def __init__(self) -> None:
        # In the order of the times.
        self._failed_at: dict[tuple[int, int], float] = {}

    def add(self, listener: Listener, lead_ids: Sequence[int]) -> None:
        """These failed just now."""
        for lead_id in lead_ids:
            key = (listener.sequence_id, lead_id)
            self._failed_at.pop(key, None)
            self._failed_at[key] = asyncio.get_running_loop().time()
            if len(self._failed_at) > _MOST:
                del self._failed_at[next(iter(self._failed_at))]

    def without_them(self, listener: Listener, lead_ids: Sequence[int]) -> list[int]:
        """The others of these leads, in their order."""
        self._forget_rested()
        return [lead_id for lead_id in lead_ids if (listener.sequence_id, lead_id) not in self._failed_at]

    def _forget_rested(self) -> None:
        rested = asyncio.get_running_loop().time() - REST_S
        while self._failed_at and next(iter(self._failed_at.values())) <= rested:
            del self._failed_at[next(iter(self._failed_at))]
