"""Reads what journals have kept, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from services.journal.journal import GAP, name_of
from services.journal.record import Record, parsed
from services.runtime.containment import contained_all

# A longer line cannot be one of ours, and is not read into memory.
_LONGEST_LINE = 4096


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class KeptWords:
    """The words in the journal of one process. `damaged`: how many lines could not be read.

    `missing_until`: until then something may be missing, because the disk was full or a line was damaged.
    """

    name: str
    words: list[Record] = field(default_factory=list)
    begins: datetime | None = None
    missing_until: datetime | None = None
    damaged: int = 0
    _latest: datetime | None = None

    def is_whole_since(self, moment: datetime) -> bool:
        """Whether everything that the process acknowledged since then is here."""
        return self.begins is not None and self.begins <= moment and not self.has_lost_words_since(moment)

    def has_lost_words_since(self, moment: datetime) -> bool:
        """Whether the process may have acknowledged something since then that is not here."""
        return self.missing_until is not None and self.missing_until > moment

    def miss(self) -> None:
        """From what was read last something is missing, nobody knows until when."""
        self.missing_until = _NEVER

    def add(self, record: Record) -> None:
        """The next one that can be read: what was missing is of an earlier time."""
        if record.kind == "gap":
            # An earlier version wrote it into the file that it began when it could write again.
            self.miss()
            return
        self._latest = max(self._latest or record.at, record.at)
        if self.missing_until == _NEVER:
            self.missing_until = self._latest
        if record.kind == "opened":
            self.begins = min(self.begins or record.at, record.at)
        else:
            self.words.append(record)


def read(folders: Iterable[Path]) -> list[KeptWords]:
    """The journals in these folders. Raises `OSError` for a missing folder.

    A file that cannot be read, of another user's process for instance, keeps no other from being read.
    """
    found: dict[str, KeptWords] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            # Whoever opens a pipe waits for ever.
            if (name := name_of(path)) is not None and path.is_file():
                kept = found.setdefault(name, KeptWords(name))
                with contained_all("journal.read", file=path.name) as ended:
                    _add(kept, path)
                if ended.error is not None:
                    kept.miss()
    for kept in found.values():
        kept.words.sort(key=lambda record: record.at)
    return list(found.values())


def _add(kept: KeptWords, path: Path) -> None:
    for text in _lines(path):
        record = parsed(text)
        if record is not None:
            kept.add(record)
            continue
        kept.damaged += 1
        # The last line of a process that was killed is torn, and was not acknowledged; any other was damaged.
        if text.endswith(b"\n"):
            kept.miss()
    if path.name.endswith(GAP):
        kept.miss()


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while text := file.readline(_LONGEST_LINE):
            yield text
