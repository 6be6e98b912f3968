"""Reads what journals have kept, in the order in which it happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from services.journal.journal import SUFFIX
from services.journal.record import Record, parsed

# A longer line cannot be one of ours, and is not read into memory.
_LONGEST_LINE = 4096


@dataclass
class KeptWords:
    """The words in the journal of one process. `damaged`: how many lines could not be read."""

    name: str
    words: list[Record] = field(default_factory=list)
    begins: datetime | None = None
    gaps: list[datetime] = field(default_factory=list)
    damaged: int = 0

    def is_whole_since(self, moment: datetime) -> bool:
        """Whether everything that the process acknowledged since then is here."""
        return (
            self.begins is not None and self.begins <= moment and not any(gap >= moment for gap in self.gaps)
        )


def read(folders: Iterable[Path]) -> list[KeptWords]:
    """The journals in these folders. Raises `OSError` for a missing folder."""
    found: dict[str, KeptWords] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            name = path.name.rsplit(".", 3)[0]
            if path.name.endswith(SUFFIX):
                _add(found.setdefault(name, KeptWords(name)), path)
    for kept in found.values():
        kept.words.sort(key=lambda record: record.at)
    return list(found.values())


def _add(kept: KeptWords, path: Path) -> None:
    for text in _lines(path):
        record = parsed(text)
        if record is None:
            # The last line of a process that was killed is torn; any other was damaged.
            kept.damaged += 1
        elif record.kind == "opened":
            kept.begins = min(kept.begins or record.at, record.at)
        elif record.kind == "gap":
            kept.gaps.append(record.at)
        else:
            kept.words.append(record)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while text := file.readline(_LONGEST_LINE):
            yield text
