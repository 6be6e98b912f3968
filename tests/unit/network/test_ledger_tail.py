"""Reading a ledger that is being written."""

from pathlib import Path

from infra.local.network.ledger import Ledger
from infra.local.network.ledger_tail import LedgerTail


def accept(ledger: Ledger, wire_id: str) -> None:
    ledger.accept(
        device="1", connection=1, epoch=1, host="host-1", recipient="2", wire_id=wire_id, text="Hello"
    )
    ledger.flush()


def test_each_line_is_read_once_and_a_torn_one_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    tail = LedgerTail(path)
    assert tail.read() == []

    ledger = Ledger(path)
    accept(ledger, "A")
    accept(ledger, "B")
    assert [entry.wire_id for entry in tail.read()] == ["A", "B"]
    assert tail.read() == []

    accept(ledger, "C")
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert tail.read() == []
    path.write_bytes(whole)
    assert [entry.wire_id for entry in tail.read()] == ["C"]
    ledger.close()
