"""What the network accepted: an append-only file of JSON lines, the truth that checkers compare with.

A line is written before its acknowledgement leaves, so what a host knows to be sent is in the file
even after `kill -9` of the network. There is no fsync: a crash of the machine is not simulated. A
torn last line was never acknowledged and is cut off at the next start.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

# A correction of the clock by less is one of its rate.
_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted send, as one line; the fields are described in `LedgerEntry` of network.proto."""

    seq: int
    time: float
    mono: float
    device: str
    connection: int
    epoch: int
    host: str
    recipient: str
    wire_id: str
    text_hash: str
    repeat: bool

    def gap_s(self, before: Entry) -> float:
        """Seconds since an earlier line, as the database could know them.

        By the clock that no correction moves, and by what the correction was where one put the clock forward,
        as that of a virtual machine after a standstill: a device's delay is kept by the database's clock.
        """
        gap = self.mono - before.mono
        put_forward = self.time - before.time - gap
        return gap + put_forward if put_forward > _STEP_S else gap


class Receipt(NamedTuple):
    """When the id was first accepted (seconds since 1970), and whether that was at an earlier send."""

    time: float
    repeat: bool


def text_hash(text: str) -> str:
    """The first 8 bytes of the text's SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def iterate_ledger(path: Path) -> Iterator[Entry]:
    """The entries of a file in the order of acceptance; a torn last line is left out.

    Raises ValueError, naming the line, where a complete line cannot be read.
    """
    return (entry for entry, _ in _entries_and_sizes(path))


def read_ledger(path: Path) -> list[Entry]:
    """All entries of a file; none when it does not exist yet. Raises as `iterate_ledger`."""
    return list(iterate_ledger(path)) if path.exists() else []


class Ledger:
    """The file and the ids in it. Ids belong to their device: the same id of another one is its own.

    Raises BlockingIOError when another process has the file, ValueError when it is no ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seq = 0
        self.last_connection = 0
        self._accepted: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._unwritten: list[str] = []
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        # A second network on the same file would give out the same numbers.
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        complete = 0
        for entry, size in _entries_and_sizes(path):
            self._remember(entry)
            complete += size
        os.ftruncate(self._file, complete)

    def knows(self, device: str, wire_id: str) -> bool:
        """Whether this device's send of this id was accepted before."""
        return device in self._accepted and wire_id in self._accepted[device]

    def accepted_at(self, device: str, wire_id: str) -> float | None:
        """When this device's send of this id was delivered, the newest of several; None: never."""
        return self._accepted[device].get(wire_id) if device in self._accepted else None

    def accept(
        self,
        *,
        device: str,
        connection: int,
        epoch: int,
        host: str,
        recipient: str,
        wire_id: str,
        text: str,
        is_known: bool = True,
    ) -> Receipt:
        """Note one accepted send; it is durable, and may be acknowledged, after the next `flush`.

        Without `is_known` it is delivered although the id was before.
        """
        first = self._accepted[device].get(wire_id) if is_known else None
        entry = Entry(
            seq=self.seq + 1,
            time=time.time(),
            mono=time.monotonic(),
            device=device,
            connection=connection,
            epoch=epoch,
            host=host,
            recipient=recipient,
            wire_id=wire_id,
            text_hash=text_hash(text),
            repeat=first is not None,
        )
        self._remember(entry)
        self._unwritten.append(json.dumps(asdict(entry), separators=(",", ":")))
        return Receipt(entry.time if first is None else first, entry.repeat)

    def flush(self) -> None:
        """Write what was noted, in one write. Raises OSError; nothing may be acknowledged then."""
        if not self._unwritten:
            return
        rest = memoryview(("\n".join(self._unwritten) + "\n").encode())
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._unwritten.clear()

    def close(self) -> None:
        """Flush and close the file."""
        self.flush()
        os.close(self._file)

    def _remember(self, entry: Entry) -> None:
        self.seq = entry.seq
        self.last_connection = max(self.last_connection, entry.connection)
        accepted = self._accepted[entry.device]
        if not entry.repeat or entry.wire_id not in accepted:
            accepted[entry.wire_id] = entry.time


def _entries_and_sizes(path: Path) -> Iterator[tuple[Entry, int]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Entry(**json.loads(line)), len(line)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{path.name}, line {number}: not a ledger line") from error
