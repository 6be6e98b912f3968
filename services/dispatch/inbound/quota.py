"""How many texts of strangers are kept: what they write must not grow without bound."""

import time

from services.dispatch.inbound.store import InboundText

_DAY_S = 24 * 3600.0


class DailyQuota:
    """So many texts in a day; what is beyond is counted, and not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._until = 0.0

    def taken(self, texts: list[InboundText]) -> list[InboundText]:
        """Those for which there is room, the first ones."""
        now = time.monotonic()
        if now >= self._until:
            self._left, self._until = self._most, now + _DAY_S
        kept = texts[: self._left]
        self._left -= len(kept)
        return kept
