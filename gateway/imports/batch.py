"""Some rows of a file, from one place to another, written together or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.imports.errors import RowFault
from gateway.imports.mapper import Mapper, Row
from gateway.imports.phone_set import Seen
from gateway.imports.plan import Place, Plan
from gateway.imports.records import MAX_CHARACTERS, QUOTES, Record, Records

# Rows between two turns of the event loop: some milliseconds.
_SLICE = 50
# Characters of a batch: a row may have 64 KiB, and a batch is in memory several times, here and in Postgres.
_MOST_CHARACTERS = 4 * 1024 * 1024

_FAULTS = {
    QUOTES: "has quotation marks that do not close, or one inside a cell that is not doubled; correct them",
    "ROW_TOO_LONG": f"is longer than {MAX_CHARACTERS >> 10} KiB; shorten it",
}


class Refused(NamedTuple):
    """A row as it stands in the file, and why it was not imported."""

    line: int
    reason: str
    because: str
    cells: Sequence[str]


@dataclass
class Batch:
    """`begin` and `end` are places between rows; `plan` as it is known at the end."""

    begin: Place
    end: Place
    plan: Plan
    rows: list[Row] = field(default_factory=list)
    cells: dict[int, Sequence[str]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    duplicates: int = 0

    @property
    def row_count(self) -> int:
        """All rows of the file in the batch."""
        return len(self.rows) + len(self.refused) + self.duplicates


class Batcher:
    """Makes batches of what `records` has."""

    def __init__(self, records: Records, mapper: Mapper, seen: Seen, plan: Plan, size: int) -> None:
        self._records = records
        self._mapper = mapper
        self._seen = seen
        self._plan = plan
        self._size = size
        self._batch = self._begun()

    def _begun(self) -> Batch:
        self._characters = 0
        place = Place(self._records.offset, self._records.line)
        return Batch(place, place, self._plan)

    def slices(self) -> Iterator[Batch | None]:
        """A full batch, or None after each slice of one; ends when there are no more rows for now."""
        while True:
            records = self._records.take(min(_SLICE, self._size - self._batch.row_count))
            for record in records:
                self._add(record)
            if self._batch.row_count >= self._size or self._characters > _MOST_CHARACTERS:
                yield self.taken()
            elif records:
                yield None
            else:
                return

    def taken(self) -> Batch:
        """What there is of the batch; the next one is begun."""
        batch = self._batch
        batch.end = Place(self._records.offset, self._records.line)
        self._plan = batch.plan = self._plan.with_encoding(self._records.encoding)
        self._batch = self._begun()
        return batch

    def _add(self, record: Record) -> None:
        batch = self._batch
        self._characters += record.length
        try:
            if record.fault:
                raise RowFault(record.fault, _FAULTS[record.fault])
            row = self._mapper.map(record.line, record.cells)
        except RowFault as fault:
            batch.refused.append(Refused(record.line, fault.reason, fault.because, record.cells))
            return
        if not self._seen.add(row.entry.phone_hash):
            batch.duplicates += 1
            return
        batch.rows.append(row)
        batch.cells[record.line] = record.cells
