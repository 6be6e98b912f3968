"""The journal of one process: appended, on the disk before it is acknowledged, and bounded.

Authority: the files of one folder, named after their process. The database does not know them, so a restore
of the database takes nothing from them. They are written by one process each and read after a restore.

Bounds: files older than the days of the setting are deleted, and the oldest when all are larger than the
setting.

On failure. A disk that is full or broken must not stop a stop word from counting: the database has it. What
could not be written is reported, and the next record that can be written says since when something is missing
(`gap`), so that nobody trusts the journal for that time. A process that dies leaves a torn line at worst,
which the reader passes over; its successor begins a new file.
"""

import asyncio
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
            elif self._missing_since is None:
                self._missing_since = records[0].at

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
        try:
            self._file.write(b"".join(map(line, records)))
            _sync(self._file)
        except OSError:
            # Its end may be torn: what follows goes into another file.
            self.close()
            raise

    def _is_full(self) -> bool:
        assert self._file is not None  # noqa: S101
        return self._file.tell() > self._most_bytes / _PARTS or time.time() > self._began + _DAY_S

    def _begin(self) -> None:
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._began = time.time()
        now = datetime.now(UTC)
        path = self.folder / f"{self.name}.{now:%Y%m%dT%H%M%S.%f}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "ab", buffering=0)
        self._file.write(line(Record("opened", now)))
        _sync(self._file)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._forget()

    def _forget(self) -> None:
        """Deletes what is too old or too much, but never the file that is written."""
        files = sorted(self.folder.glob(f"{self.name}.*{SUFFIX}"))[:-1]
        sizes = {path: path.stat() for path in files}
        total = sum(each.st_size for each in sizes.values())
        for path, found in sizes.items():
            is_old = found.st_mtime < time.time() - self._days * _DAY_S
            if is_old or total > self._most_bytes:
                log.info("a file of the journal is deleted", extra={"file": path.name, "old": is_old})
                path.unlink(missing_ok=True)
                total -= found.st_size


def _sync(file: IO[bytes]) -> None:
    os.fsync(file.fileno())
