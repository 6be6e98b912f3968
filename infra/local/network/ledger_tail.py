"""The ledger while it is being written: each read gives what was added since the one before."""

import json
from pathlib import Path

from infra.local.network.ledger import Entry


class LedgerTail:
    """Keeps its place in the file, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0

    def read(self) -> list[Entry]:
        """New complete lines; a torn last one is left for the next time."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._place)
            complete, end, _ = file.read().rpartition(b"\n")
        self._place += len(complete) + len(end)
        return [Entry(**json.loads(line)) for line in complete.splitlines()]
