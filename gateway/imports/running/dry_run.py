"""What an import would do, without writing anything: the whole file is read, mapped and counted."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from itertools import islice

from gateway.imports.convert import counts_to_proto, report_column
from gateway.imports.errors import FileError
from gateway.imports.model import Counts
from gateway.imports.reading.plan import Plan
from gateway.imports.reading.records import Records
from gateway.imports.rows.batch import Batch, Batcher
from gateway.imports.rows.mapper import Row
from gateway.imports.running.pipeline import MAX_ROWS, as_invalid, batches
from gateway.imports.running.source import Source
from gateway.imports.running.store import BatchStore, Foreseen
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.tally import Tally
from kompang.v1 import imports_pb2 as pb

# Of people who said no, perhaps.
_MOST_LINES = 100


class DryRun:
    """Counts the batches of one file."""

    def __init__(self, store: BatchStore, account_id: int, plan: Plan, tally: Tally) -> None:
        self._store = store
        self._account_id = account_id
        self._plan = plan
        self._tally = tally
        self._counts = Counts()
        self._said: Counter[Answer] = Counter()
        self._perhaps: list[int] = []

    async def run(
        self, source: Source, records: Records, batcher: Batcher, rest: list[bytes | None]
    ) -> AsyncIterator[Counts]:
        """The counts after each batch."""
        async for batch in batches(source, records, batcher, rest):
            if self._counts.rows + batch.row_count > MAX_ROWS:
                raise as_invalid(FileError("file", f"has more than {MAX_ROWS:,} rows; split the file"))
            await self._add(batch)
            yield self._counts

    async def _add(self, batch: Batch) -> None:
        rows = [*batch.rows, *batch.objections]
        self._said.update(row.said for row in rows)
        perhaps = (row.line for row in rows if row.said is Answer.PERHAPS_NO)
        self._perhaps += islice(perhaps, _MOST_LINES - len(self._perhaps))
        foreseen = await self._store.foreseen(self._account_id, [row.entry for row in batch.rows])
        by_reason = dict(Counter(each.reason for each in batch.refused))
        self._counts = self._counts.plus(
            Counts(
                created=sum(not found.is_known for found in foreseen),
                unchanged=sum(found.is_known for found in foreseen),
                duplicate=batch.duplicates,
                refused=by_reason,
                without_consent=sum(map(_lacks_consent, batch.rows, foreseen)),
                suppressed=sum(map(_is_suppressed, batch.rows, foreseen)),
                opted_out=sum(bool(row.entry.opted_out) for row in [*batch.rows, *batch.objections]),
            )
        )

    def response(self) -> pb.ImportLeadsResponse:
        """The report at the end."""
        return pb.ImportLeadsResponse(
            report=pb.ImportReport(
                columns=self._columns(),
                rows=self._counts.rows,
                counts=counts_to_proto(self._counts),
                said_yes=self._said[Answer.YES],
                said_no=self._said[Answer.NO] + self._said[Answer.NEVER_ASKED],
                said_perhaps_no=self._said[Answer.PERHAPS_NO],
                perhaps_no_lines=self._perhaps,
                said_nothing=self._said[Answer.NOTHING],
                opted_out=self._said[Answer.OPTED_OUT],
            )
        )

    def _columns(self) -> Sequence[pb.ImportedColumn]:
        columns = self._plan.columns
        wishes = {wish.index: wish for wish in columns.wishes}
        return [
            report_column(columns, index, wishes.get(index), self._tally)
            for index in range(len(columns.fields))
        ]


def _is_suppressed(row: Row, found: Foreseen) -> bool:
    # A person who has given a permission takes it back by saying no.
    return found.is_suppressed or bool(row.entry.opted_out) or (row.entry.is_refused and found.is_consented)


def _lacks_consent(row: Row, found: Foreseen) -> bool:
    given = row.entry.draft.consent is not None and (row.entry.is_own or not found.is_refused)
    return not given and not found.is_consented
