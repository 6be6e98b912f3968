"""What happened to an account's messages since its day began, counted once and then kept up with.

Authority: the log of events, in the order of (transaction, id) of committed rows, as in `events.hub`. Each
is read once, the last minutes first and then every second what is new; the day before them piece by piece,
as there is time. So a look costs what happened since the last one, however many messages there are.
"""

import time
from collections import Counter, deque
from datetime import datetime, timedelta

from gateway.events.model import Stored
from gateway.events.place import Place
from gateway.overview.model import Piece
from gateway.overview.store import LAST, NOTABLE, OverviewStore

_PIECE = 20_000
# A look counts the day for so long at most; the next look goes on from there.
_MOST_S = 0.3
_SPAN = timedelta(minutes=1)
_MOST_UNKNOWN = 5_000


class Tally:
    """The counts of one account, for one watch."""

    def __init__(self, store: OverviewStore, account_id: int) -> None:
        self._store = store
        self._account_id = account_id
        # New events lie behind `_head`; those of the day not yet counted between `_left` and `_left_end`.
        self._head: Place | None = None
        self._left = self._left_end = LAST
        self._day_at: datetime | None = None
        self._sends: Counter[datetime] = Counter()
        self._unknown: deque[int] = deque(maxlen=_MOST_UNKNOWN)
        self.states: Counter[str] = Counter()
        # The newest first.
        self.notable: list[Stored] = []
        # Whether all of the day was read.
        self.is_whole = False

    @property
    def unknown(self) -> set[int]:
        """The messages that became unknown, the last thousands of them."""
        return set(self._unknown)

    async def look(self, at: datetime, day_at: datetime) -> None:
        """Reads the events that are new at `at`, then goes on counting the day that began at `day_at`."""
        if self._head is None:
            self._head = self._left_end = await self._store.place_at(self._account_id, at - _SPAN)
            self._left = await self._store.place_at(self._account_id, day_at)
        if self._day_at != day_at:
            self._day_at = day_at
            self.states.clear()
        until = time.monotonic() + _MOST_S
        is_caught_up = False
        while not is_caught_up:
            piece = await self._read(self._head, LAST, at, day_at)
            self._head, is_caught_up = piece.after, piece.events < _PIECE
        while not self.is_whole and time.monotonic() < until:
            piece = await self._read(self._left, self._left_end, at, day_at)
            self._left, self.is_whole = piece.after, piece.events < _PIECE
        for second in [each for each in self._sends if each <= at - _SPAN]:
            del self._sends[second]

    def rate(self, at: datetime) -> float:
        """Sends a second over the last minute."""
        return sum(n for second, n in self._sends.items() if second > at - _SPAN) / _SPAN.total_seconds()

    async def _read(self, after: Place, until: Place, at: datetime, day_at: datetime) -> Piece:
        piece = await self._store.piece(self._account_id, after, until, _PIECE, day_at, at - _SPAN)
        self.states += piece.states
        self._sends += piece.sends
        self._unknown.extend(piece.unknown)
        newest = sorted([*self.notable, *piece.notable], key=lambda each: each.place, reverse=True)
        self.notable = newest[:NOTABLE]
        return piece
