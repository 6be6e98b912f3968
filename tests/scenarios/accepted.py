"""What the network accepted since a scenario began."""

from pathlib import Path

from infra.local.network.ledger import Entry
from infra.local.network.ledger_tail import LedgerTail


class Accepted:
    """The entries that came into this ledger since this was made; scenarios before may have left some."""

    def __init__(self, ledger_path: Path) -> None:
        self._tail = LedgerTail(ledger_path)
        self._tail.read()
        self._entries: list[Entry] = []

    def entries(self) -> list[Entry]:
        """All of them so far, in the order of acceptance."""
        self._entries += self._tail.read()
        return [*self._entries]
