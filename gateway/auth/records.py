"""What is written about log-ins: when each key was used last, and which were refused.

Nothing is written in a call: a loop writes what came together, a key at most once a minute. What a
gateway that is killed has not written yet is lost, some seconds of failures and a minute of last use.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.auth.failures import Failed, Failures
from services.runtime.containment import contained

_USE_S = 60.0
_LINE_S = 60.0

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Where they are written."""

    async def note_uses(self, seconds_ago: Mapping[int, float]) -> None:
        """When keys were used last, by their id."""

    async def count(self, failed: Sequence[Failed]) -> None:
        """Adds log-ins that were refused."""


class Records:
    """Of one gateway. `run_once` belongs into a loop of a few seconds."""

    def __init__(self, writer: Writer, failures: Failures) -> None:
        self._writer = writer
        self._failures = failures
        self._used: dict[int, float] = {}
        self._written: dict[int, float] = {}
        self._unlogged: Counter[str] = Counter()
        self._logged = -_LINE_S

    def use(self, key_id: int) -> None:
        """A call is made with this key."""
        self._used[key_id] = time.monotonic()

    async def run_once(self) -> None:
        """Writes what is due. Raises one of `PASSING` while the database is away, and writes it later."""
        with contained("gateway.keys.record"):
            failed = self._failures.take()
            try:
                if failed:
                    self._log(failed)
                    await self._writer.count(failed)
                    failed = []
            finally:
                self._failures.give_back(failed)
            await self._write_uses()

    async def _write_uses(self) -> None:
        now = time.monotonic()
        due = {key: at for key, at in self._used.items() if now - self._written.get(key, -_USE_S) >= _USE_S}
        if due:
            await self._writer.note_uses({key: now - at for key, at in due.items()})
        for key, at in due.items():
            self._written[key] = now
            if self._used[key] == at:
                del self._used[key]
        self._written = {key: at for key, at in self._written.items() if now - at < _USE_S}

    def _log(self, failed: Sequence[Failed]) -> None:
        """One line a minute at most, however many there are."""
        for each in failed:
            self._unlogged[each.reason] += each.count
        if time.monotonic() - self._logged < _LINE_S:
            return
        most = max(failed, key=lambda each: each.count)
        log.warning("log-ins were refused", extra={"count": dict(self._unlogged), "most_from": most.peer})
        self._logged = time.monotonic()
        self._unlogged.clear()
