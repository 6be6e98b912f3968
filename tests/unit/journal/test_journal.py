"""The journal: nothing acknowledged is lost from it, and nothing in it is trusted that is damaged."""

import os
import resource
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
    assert {"opened", "gap"} | set(replay._WORDS) == KINDS


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

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        await one.append([STOP])
    await one.append([START])
    [kept] = read([tmp_path])
    assert START in kept.words
    assert not kept.is_whole_since(datetime.now(UTC) - timedelta(minutes=1))
    assert kept.is_whole_since(datetime.now(UTC) + timedelta(minutes=1))


def full(*_args):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("ends", ["the process goes on", "the process is killed", "nobody comes after it"])
async def test_what_a_full_disk_took_is_missing_until_words_are_kept_again(tmp_path, monkeypatch, ends):
    """The restore point lies within the time that the disk was full, and the word was said after it."""
    one = opened(tmp_path)
    await one.open()
    restore_point = datetime.now(UTC)
    with monkeypatch.context() as patched:
        patched.setattr(journals, "_put", full)
        await one.append([Record("stop", restore_point - timedelta(seconds=9), 1, b"h", 2, "lost before")])
        await one.append([Record("stop", datetime.now(UTC), 1, b"h", 2, "lost after")])
    if ends == "the process goes on":
        await one.append([START])
    elif ends == "the process is killed":
        await opened(tmp_path).open()
    [kept] = read([tmp_path])
    assert not kept.is_whole_since(restore_point)
    assert kept.is_whole_since(datetime.now(UTC)) == (ends != "nobody comes after it")


async def test_a_disk_that_takes_half_of_a_record_has_not_taken_it(tmp_path):
    """As a disk that fills up does: a write that is cut short is no error of the system's."""
    one = opened(tmp_path, most_bytes=10_000_000)
    await one.open()
    before = datetime.now(UTC)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, limits[1]))
    try:
        await one.append([STOP])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await one.append([START])
    [kept] = read([tmp_path])
    assert kept.words == [START]
    assert not kept.is_whole_since(before)


async def test_a_disk_that_is_full_from_the_first_line_leaves_no_file(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(journals, "_put", full)
        for _ in range(3):
            await opened(tmp_path).append([STOP])
    assert not list(tmp_path.iterdir())


async def test_a_line_that_was_damaged_since_is_missing(tmp_path):
    one = opened(tmp_path)
    await one.open()
    before = datetime.now(UTC)
    await one.append([Record("stop", before, 1, b"h", 2, "in-1")])
    await one.append([Record("stop", before + timedelta(seconds=2), 1, b"h", 2, "in-2")])
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b"in-1", b"in-7"))
    [kept] = read([tmp_path])
    assert (len(kept.words), kept.damaged) == (1, 1)
    assert not kept.is_whole_since(before)
    assert kept.is_whole_since(before + timedelta(seconds=3))


async def test_a_file_of_an_earlier_version_says_that_words_are_missing(tmp_path):
    path = tmp_path / "dispatch-1.20261130T000000.000000.journal"
    again = AT + timedelta(minutes=5)
    path.write_bytes(b"".join(map(line, [Record("opened", again), Record("gap", AT), START])))
    earlier = tmp_path / "dispatch-1.20261129T000000.000000.journal"
    earlier.write_bytes(line(Record("opened", AT - timedelta(days=1))))
    [kept] = read([tmp_path])
    assert not kept.is_whole_since(AT + timedelta(minutes=4))
    assert kept.is_whole_since(again)


async def test_it_is_bounded_beside_one_whose_name_begins_alike(tmp_path):
    other = opened(tmp_path, "dispatch-1.0")
    await other.append([STOP])
    [path] = tmp_path.iterdir()
    os.utime(path, (0, 0))
    one = opened(tmp_path)
    await one.open()
    assert path.exists()


async def test_what_cannot_be_read_keeps_no_other_back_and_counts_as_lost(tmp_path, monkeypatch):
    """Two processes of two users that share a folder, and a pipe that somebody has put there."""
    for name in ("dispatch-1", "gateway-1"):
        one = opened(tmp_path, name)
        await one.open()
        await one.append([STOP])
    os.mkfifo(tmp_path / "pipe.20261130T000000.000000.journal")
    whole = Path.open

    def others(path, *args):
        if path.name.startswith("gateway-1"):
            raise PermissionError(13, "Permission denied")
        return whole(path, *args)

    monkeypatch.setattr(Path, "open", others)
    mine, theirs = sorted(read([tmp_path]), key=lambda each: each.name)
    assert (mine.words, mine.has_lost_words_since(AT)) == ([STOP], False)
    assert (theirs.words, theirs.has_lost_words_since(AT)) == ([], True)


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
