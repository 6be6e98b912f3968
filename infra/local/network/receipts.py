"""What became of messages that the network took: kept until a host has confirmed it, and for checkers.

Each thing that happens is one line of a file, written before it is told, so that checkers can compare. A
network that restarts does not know which of them were confirmed, and tells them all once more.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

# Of one device; of what is beyond, the oldest is not told any more.
_MOST_WAITING = 100_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message of a device has arrived, or was opened; `time` in seconds since 1970."""

    device: str
    wire_id: str
    read: bool
    time: float

    @property
    def key(self) -> tuple[str, bool]:
        """What names it at every telling, for its device."""
        return self.wire_id, self.read


def receipts_path(ledger: Path) -> Path:
    """The file that belongs to a ledger."""
    return ledger.with_suffix(".receipts")


def read_receipts(path: Path) -> list[Receipt]:
    """What is in a file, each thing once; none when it does not exist. A torn last line is left out."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [Receipt(**json.loads(line)) for line in lines[:-1]]


class Receipts:
    """By device, in the order in which it happened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.delivered = 0
        self.read = 0
        self._waiting: dict[str, dict[tuple[str, bool], Receipt]] = defaultdict(dict)
        for receipt in read_receipts(path):
            self._keep(receipt)
        self._unwritten: list[str] = []

    def happened(self, device: str, wire_id: str, *, read: bool) -> Receipt:
        """Keep it until it is confirmed; it may be told after `flush`."""
        receipt = Receipt(device, wire_id, read, time.time())
        self._unwritten.append(json.dumps(asdict(receipt), separators=(",", ":")) + "\n")
        self._keep(receipt)
        return receipt

    def flush(self) -> None:
        """Writes what happened."""
        unwritten, self._unwritten = self._unwritten, []
        with self.path.open("a") as file:
            file.writelines(unwritten)

    def confirm(self, device: str, wire_id: str, *, read: bool) -> None:
        """A host has taken care of it."""
        self._waiting[device].pop((wire_id, read), None)

    def of(self, device: str) -> Iterator[Receipt]:
        """What this device has not been told, as far as anybody confirmed it."""
        return iter(tuple(self._waiting[device].values()))

    def waiting(self) -> int:
        """How many no host has confirmed."""
        return sum(len(each) for each in self._waiting.values())

    def _keep(self, receipt: Receipt) -> None:
        self.delivered += not receipt.read
        self.read += receipt.read
        waiting = self._waiting[receipt.device]
        waiting[receipt.key] = receipt
        if len(waiting) > _MOST_WAITING:
            del waiting[next(iter(waiting))]
