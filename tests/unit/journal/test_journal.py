"""The journal: nothing acknowledged is lost from it, and nothing in it is trusted that is damaged."""

import os
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from services.journal import journal as journals
from services.journal.journal import Journal
from services.journal.reading import read
from services.journal.record import KINDS, Record, line, of_import, parsed
from services.restore import replay

AT = datetime(2026, 11, 30, tzinfo=UTC)
STOP = Record("stop", AT, 1, b"\x01\xff", 2, "in-1")
START = Record("start", AT + timedelta(seconds=1), 1, b"\x01\xff", 2, "in-2")
EVERYTHING = Record("suppress", AT, 1, b"h", 2, 'in-"\n☂', 3, "complaint")


def opened(folder, name="dispatch-1", **bounds) -> Journal:
    return Journal(folder, name, **({"days": 14, "most_bytes": 10_000} | bounds))


MANY = of_import(AT, 2**31, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", [bytes([n]) * 36 for n in range(100)])


def test_every_kind_of_record_is_replayed_or_says_something_of_the_journal_itself():
    assert {"opened", "gap"} | set(replay._WORDS) | {"erase"} == KINDS


def test_a_list_is_kept_in_lines_that_are_read_again():
    assert all(len(line(record)) < 4096 for record in MANY)
    assert [one for record in MANY for one in record.people] == [bytes([n]) * 36 for n in range(100)]


@pytest.mark.parametrize("record", [STOP, EVERYTHING, Record("opened", AT), MANY[0], Record("undo", AT)])
def test_a_line_says_what_the_record_was(record):
    assert parsed(line(record)) == record
    assert line(record).count(b"\n") == 1


def test_a_line_that_is_torn_or_changed_anywhere_is_none():
    whole = line(STOP)
    for at in range(len(whole) - 1):
        assert parsed(whole[:at]) is None
        assert parsed(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]) is None


@pytest.mark.parametrize(
    "body", [b"[" * 2000, b'{"kind":"stop","at":"2026-11-30T00:00:00+00:00","account":1e400}', b"7", b"\xff"]
)
def test_a_line_of_something_else_with_a_right_checksum_is_none(body):
    assert parsed(b"%08x %s\n" % (zlib.crc32(body), body)) is None


async def test_what_was_appended_is_read_in_order_across_processes(tmp_path):
    for record in (START, STOP):
        one = opened(tmp_path)
        await one.open()
        await one.append([record])
        one.close()
    other = opened(tmp_path, "dispatch/2")
    await other.append([STOP])
    kept = {each.name: each for each in read([tmp_path])}
    assert kept["dispatch-1"].words == [STOP, START]
    assert kept["dispatch%2F2"].words == [STOP]


async def test_it_is_on_the_disk_before_it_is_acknowledged(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    one = opened(tmp_path)
    await one.append([STOP])
    [path] = tmp_path.iterdir()
    assert synced[-1] == path.stat().st_size


async def test_the_torn_end_of_a_process_that_was_killed_hides_nothing(tmp_path):
    one = opened(tmp_path)
    await one.append([STOP])
    [path] = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(line(START)[:20])
    two = opened(tmp_path)
    await two.append([START])
    [kept] = read([tmp_path])
    assert (kept.words, kept.damaged) == ([STOP, START], 1)


async def test_a_full_disk_is_survived_and_told(tmp_path, monkeypatch):
    one = opened(tmp_path)
    await one.open()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journals, "_sync", full)
        await one.append([STOP])
    await one.append([START])
    [kept] = read([tmp_path])
    assert START in kept.words
    assert kept.gaps == [AT]
    assert not kept.is_whole_since(AT - timedelta(seconds=1))


async def test_it_is_bounded_by_size_and_by_days(tmp_path):
    one = opened(tmp_path, most_bytes=4_000)
    for number in range(200):
        await one.append([Record("stop", AT, 1, b"h" * 16, 2, f"in-{number}")])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4_000 * 9 / 8 + 200
    [kept] = read([tmp_path])
    assert kept.words[-1].inbound_id == "in-199"
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    again = opened(tmp_path)
    await again.open()
    assert len(list(tmp_path.iterdir())) == 1


async def test_it_is_whole_since_it_was_opened(tmp_path):
    one = opened(tmp_path)
    await one.open()
    [kept] = read([tmp_path])
    assert not kept.is_whole_since(datetime.now(UTC) - timedelta(hours=1))
    assert kept.is_whole_since(datetime.now(UTC) + timedelta(seconds=1))


async def test_nobody_else_can_read_it(tmp_path):
    one = opened(tmp_path)
    await one.open()
    [path] = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0
