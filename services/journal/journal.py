"""The journal of one process: appended, on the disk before it is acknowledged, and bounded.

Authority: the files of one folder, named after their process. The database does not know them, so a restore
of the database takes nothing from them. They are written by one process each and read after a restore.

Bounds: files older than the days of the setting are deleted, and the oldest when all are larger than the
setting.

On failure. A disk that is full or broken must not stop a stop word from counting: the database has it. What
could not be written is reported, and the file that it is missing from gets another name at once (`-gap`): a
full disk still takes that, and it outlives the process. So nobody trusts the journal from that file's end to
the next file's beginning. A process that dies leaves a torn line at worst, which the reader passes over; its
successor begins a new file.
"""

import asyncio
import errno
import logging
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from services.journal.record import Record, line
from services.runtime.containment import contained_all
from services.runtime.settings import JournalSettings

SUFFIX = ".journal"
GAP = f"-gap{SUFFIX}"
# Day and time, the part of the second, and the suffix.
_PARTS_OF_NAME = 3
_DAY_S = 86_400.0
# A file is an eighth of all at most, so that what is deleted is never much.
_PARTS = 8

log = logging.getLogger(__name__)


class Journal:
    """Not for several tasks that close it, but any number may append."""

    def __init__(self, folder: Path, name: str, *, days: int, most_bytes: int) -> None:
        self.folder = folder
        self.name = quote(name, safe="")
        self._days = days
        self._most_bytes = most_bytes
        self._file: IO[bytes] | None = None
        self._path: Path | None = None
        self._began = 0.0
        self._missing_since: datetime | None = None
        self._writing = asyncio.Lock()

    @classmethod
    def of(cls, settings: JournalSettings, name: str) -> Self | None:
        """None where the settings name no folder."""
        if settings.journal_dir is None:
            return None
        return cls(
            settings.journal_dir,
            name,
            days=settings.journal_days,
            most_bytes=settings.journal_mb * 1_000_000,
        )

    async def open(self) -> None:
        """Begins a file: from here on the journal is whole. Raises `OSError` where it cannot be written."""
        async with self._writing:
            await asyncio.to_thread(self._begin)

    async def append(self, records: Sequence[Record]) -> None:
        """Returns when the records are on the disk; where they cannot be, this is reported, not raised."""
        if not records:
            return
        async with self._writing:
            with contained_all("journal", records=len(records)) as ended:
                await asyncio.to_thread(self._write, records)
            if ended.error is None:
                self._missing_since = None
                return
            self._missing_since = self._missing_since or records[0].at
            with contained_all("journal.gap"):
                await asyncio.to_thread(self._mark)

    def close(self) -> None:
        """Nothing is lost by it: every record is on the disk."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, records: Sequence[Record]) -> None:
        if self._file is None or self._is_full():
            self._begin()
        if self._missing_since is not None:
            records = [Record("gap", self._missing_since), *records]
        assert self._file is not None  # noqa: S101
        _put(self._file, records)

    def _is_full(self) -> bool:
        assert self._file is not None  # noqa: S101
        return self._file.tell() > self._most_bytes / _PARTS or time.time() > self._began + _DAY_S

    def _mark(self) -> None:
        """Says by the name of the newest file that something is missing behind it.

        Its end may be torn: what follows goes into another file.
        """
        self.close()
        if self._path is not None and not self._path.name.endswith(GAP):
            self._path = self._path.rename(self._path.with_name(self._path.name.removesuffix(SUFFIX) + GAP))
            _sync_folder(self.folder)

    def _begin(self) -> None:
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        began, now = time.time(), datetime.now(UTC)
        path = self.folder / f"{self.name}.{now:%Y%m%dT%H%M%S.%f}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        file = os.fdopen(descriptor, "ab", buffering=0)
        try:
            _put(file, [Record("opened", now)])
        except BaseException:
            # Each try would leave one, on a disk that is full.
            file.close()
            path.unlink()
            raise
        self._file, self._path, self._began = file, path, began
        _sync_folder(self.folder)
        self._forget()

    def _forget(self) -> None:
        """Deletes what is too old or too much, but never the file that is written."""
        files = [path for path in sorted(self.folder.iterdir()) if name_of(path) == self.name][:-1]
        sizes = {path: path.stat() for path in files}
        total = sum(each.st_size for each in sizes.values())
        for path, found in sizes.items():
            is_old = found.st_mtime < time.time() - self._days * _DAY_S
            if is_old or total > self._most_bytes:
                log.info("a file of the journal is deleted", extra={"file": path.name, "old": is_old})
                path.unlink(missing_ok=True)
                total -= found.st_size


def name_of(path: Path) -> str | None:
    """Of the process that wrote this file; None for what is no file of a journal."""
    parts = path.name.rsplit(".", _PARTS_OF_NAME)
    return parts[0] if path.name.endswith(SUFFIX) and len(parts) > _PARTS_OF_NAME else None


def _put(file: IO[bytes], records: Sequence[Record]) -> None:
    """On the disk. Raises `OSError`, also when it took a part: the system calls that no error."""
    content = b"".join(map(line, records))
    if file.write(content) != len(content):
        raise OSError(errno.ENOSPC, "the disk took a part of it")
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
