"""The ledger while the faults happen: who sends, who is silent, and for how long."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from infra.local.network.ledger import Entry
from infra.local.network.ledger_tail import LedgerTail


class Watch:
    """Everything that was accepted so far; times are seconds of the machine's monotonic clock."""

    def __init__(self, path: Path) -> None:
        self._tail = LedgerTail(path)
        self.entries: list[Entry] = []

    def look(self) -> None:
        """Read what is new."""
        self.entries += self._tail.read()

    def since(self, start: float) -> list[Entry]:
        """Accepted after `start`."""
        return [entry for entry in reversed(self.entries) if entry.mono > start][::-1]

    def rate(self, start: float, end: float) -> float:
        """Messages accepted a second, repeats left out."""
        return sum(start < e.mono <= end and not e.repeat for e in self.entries) / (end - start)

    def first_under_later_epoch(self, epochs: Mapping[str, int], start: float) -> dict[str, float]:
        """When each device first sent under an epoch above the one given."""
        first: dict[str, float] = {}
        for entry in self.since(start):
            if entry.epoch > epochs.get(entry.device, entry.epoch):
                first.setdefault(entry.device, entry.mono)
        return first

    def first_since(self, devices: Iterable[str], start: float) -> dict[str, float]:
        """When each of these first sent after `start`."""
        wanted, first = set(devices), dict[str, float]()
        for entry in self.since(start):
            if entry.device in wanted:
                first.setdefault(entry.device, entry.mono)
        return first

    def longest_silences(self, devices: Iterable[str], start: float, end: float) -> dict[str, float]:
        """The longest time between two sends of each device in [start, end]."""
        sends: dict[str, list[float]] = {device: [start] for device in devices}
        for entry in self.since(start):
            if entry.device in sends and entry.mono <= end:
                sends[entry.device].append(entry.mono)
        return {
            device: max(b - a for a, b in zip(at, [*at[1:], end], strict=True))
            for device, at in sends.items()
        }

    def hand_overs(self, shards: Mapping[str, int], start: float) -> tuple[dict[int, int], list[float]]:
        """How often each shard changed hands after `start`, and its silence at each change."""
        moves: dict[int, int] = defaultdict(int)
        gaps: list[float] = []
        latest: dict[int, Entry] = {}
        for entry in self.entries:
            shard = shards.get(entry.device)
            if shard is None:
                continue
            before = latest.get(shard)
            if before is not None and entry.epoch > before.epoch and entry.mono > start:
                moves[shard] += 1
                gaps.append(entry.mono - before.mono)
            if before is None or entry.epoch >= before.epoch:
                latest[shard] = entry
        return moves, gaps


def p95(values: Sequence[float]) -> float:
    """The nearest-rank percentile; 0 for nothing."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0
