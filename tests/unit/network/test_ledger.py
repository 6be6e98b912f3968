"""The ledger of the simulated network: in the file before anybody is told."""

import json
from pathlib import Path

import pytest

from infra.local.network.ledger import Ledger, Receipt, read_ledger, text_hash


def accept(ledger: Ledger, wire_id: str, device: str = "60111", connection: int = 1) -> Receipt:
    return ledger.accept(
        device=device,
        connection=connection,
        epoch=7,
        host="host-a",
        recipient="60999",
        wire_id=wire_id,
        text="Hello",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_nothing_is_in_the_file_before_flush_and_all_after(path: Path) -> None:
    ledger = Ledger(path)
    accept(ledger, "a")
    accept(ledger, "b")
    assert read_ledger(path) == []
    ledger.flush()
    entries = read_ledger(path)
    assert [(entry.seq, entry.wire_id, entry.repeat) for entry in entries] == [
        (1, "a", False),
        (2, "b", False),
    ]
    assert entries[0].text_hash == text_hash("Hello") == "185f8db32271fe25"
    assert (entries[0].device, entries[0].host, entries[0].epoch) == ("60111", "host-a", 7)


def test_a_repeat_is_its_own_line_and_keeps_the_first_time(path: Path) -> None:
    ledger = Ledger(path)
    first, again = accept(ledger, "a"), accept(ledger, "a")
    ledger.close()
    assert (first.repeat, again.repeat) == (False, True)
    assert again.time == first.time
    assert [entry.repeat for entry in read_ledger(path)] == [False, True]


def test_the_same_id_of_another_device_is_its_own(path: Path) -> None:
    ledger = Ledger(path)
    assert not accept(ledger, "a", device="60111").repeat
    assert not accept(ledger, "a", device="60222").repeat
    ledger.close()
    assert {entry.device for entry in read_ledger(path)} == {"60111", "60222"}


def test_read_back_keeps_ids_numbers_and_connections(path: Path) -> None:
    ledger = Ledger(path)
    first = accept(ledger, "a", connection=41)
    ledger.close()
    ledger = Ledger(path)
    assert (ledger.seq, ledger.last_connection) == (1, 41)
    assert accept(ledger, "a") == Receipt(first.time, repeat=True)
    assert not accept(ledger, "b").repeat
    ledger.close()
    assert [entry.seq for entry in read_ledger(path)] == [1, 2, 3]


@pytest.mark.parametrize("torn", ["{", '{"seq":2,"time":1.5', "x" * 200_000])
def test_a_torn_last_line_is_cut_off(path: Path, torn: str) -> None:
    ledger = Ledger(path)
    accept(ledger, "a")
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn.encode())
    assert [entry.wire_id for entry in read_ledger(path)] == ["a"]
    ledger = Ledger(path)
    assert path.read_bytes() == whole
    accept(ledger, "b")
    ledger.close()
    assert [json.loads(line)["wire_id"] for line in path.read_text().splitlines()] == ["a", "b"]


def test_a_file_that_is_nothing_but_torn_starts_anew(path: Path) -> None:
    path.write_text("{")
    Ledger(path).close()
    assert path.read_bytes() == b""


def test_a_bad_line_in_the_middle_is_named(path: Path) -> None:
    path.write_text('{"seq":1}\n')
    with pytest.raises(ValueError, match=r"ledger\.jsonl, line 1"):
        Ledger(path)
    assert path.read_text() == '{"seq":1}\n'


def test_a_ledger_has_one_network(path: Path) -> None:
    first = Ledger(path)
    with pytest.raises(BlockingIOError):
        Ledger(path)
    first.close()
    Ledger(path).close()
