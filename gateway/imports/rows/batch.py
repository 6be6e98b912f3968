"""Some rows of a file, from one place to another, written together or not at all."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.imports.errors import RowError, internal
from gateway.imports.model import RefusedRow
from gateway.imports.reading.plan import Plan
from gateway.imports.reading.records import MAX_CHARACTERS, QUOTES, Place, Record, Records
from gateway.imports.rows.mapper import Mapper, Row
from gateway.imports.rows.phone_set import PhoneSet
from gateway.imports.rows.suppressions import PartlyRead
from gateway.imports.wishes.tally import Tally
from gateway.leads.model import Entry
from services.runtime.containment import contained

# Rows that are read at once, and the time of mapping them between two turns of the event loop.
_SLICE = 50
_SLICE_S = 0.005
# Characters of a batch: a row may have 64 KiB, and a batch is in memory several times, here and in Postgres.
_MOST_CHARACTERS = 4 * 1024 * 1024

_UNREADABLE = {
    QUOTES: "has quotation marks that do not close, or one inside a cell that is not doubled; correct them",
    "ROW_TOO_LONG": f"is longer than {MAX_CHARACTERS >> 10} KiB; shorten it",
}


@dataclass
class Batch:
    """`begin` and `end` are places between rows; `plan` as it is known at the end."""

    begin: Place
    end: Place
    plan: Plan
    rows: list[Row] = field(default_factory=list)
    cells: dict[int, Sequence[str]] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    duplicates: int = 0
    # Further rows of a number that say no: the first row counts, but for that.
    objections: list[Row] = field(default_factory=list)
    # People who are not to be contacted, by their further numbers; they count as one row.
    others: list[Entry] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        """All rows of the file in the batch."""
        return len(self.rows) + len(self.refused) + self.duplicates


class Batcher:
    """Makes batches of the rows that `records` reads."""

    def __init__(
        self,
        records: Records,
        mapper: Mapper,
        phones: PhoneSet,
        plan: Plan,
        size: int,
        *,
        import_id: int,
        tally: Tally | None = None,
    ) -> None:
        """`tally` counts what each row says, for a report."""
        self._tally = tally
        self._import_id = import_id
        self._records = records
        self._mapper = mapper
        self._phones = phones
        self._plan = plan
        self._size = size
        self._batch = self._new()

    def _new(self) -> Batch:
        self._characters = 0
        return Batch(self._records.place, self._records.place, self._plan)

    def slices(self) -> Iterator[Batch | None]:
        """A full batch, or None after each slice of one; ends when there are no more rows for now."""
        while True:
            begin = time.perf_counter()
            for record in self._records.take(min(_SLICE, self._size - self._batch.row_count)):
                self._add(record)
                if time.perf_counter() - begin > _SLICE_S:
                    yield None
                    begin = time.perf_counter()
            if self._batch.row_count >= self._size or self._characters > _MOST_CHARACTERS:
                yield self.flush()
            elif self._records.has_more:
                yield None
            else:
                return

    def flush(self) -> Batch:
        """The batch as far as it is filled; the next one is begun."""
        batch = self._batch
        batch.end = self._records.place
        self._plan = batch.plan = self._plan.with_encoding(self._records.encoding)
        self._batch = self._new()
        return batch

    def _add(self, record: Record) -> None:
        self._characters += record.length
        row = self._map(record)
        if self._tally is not None:
            self._tally.add(record.cells)
        if isinstance(row, RefusedRow):
            self._batch.refused.append(row)
            return
        self._batch.others.extend(row.others)
        if not self._phones.add(row.entry.phone_hash):
            self._batch.duplicates += 1
            if row.entry.is_refused or row.entry.opted_out:
                self._batch.objections.append(row)
        else:
            self._batch.rows.append(row)
            self._batch.cells[record.line] = record.cells

    def _map(self, record: Record) -> Row | RefusedRow:
        if record.error:
            return RefusedRow(record.line, record.error, _UNREADABLE[record.error], record.cells)
        with contained("gateway.import.row", import_id=self._import_id, line=record.line):
            try:
                return self._mapper.map(record.line, record.cells)
            except RowError as error:
                if isinstance(error, PartlyRead):
                    self._batch.others.extend(error.others)
                return RefusedRow(record.line, error.reason, error.because, record.cells)
        return RefusedRow(record.line, *internal(), record.cells)
