"""Looks further into a file than its head: for lines that are no contact, and for answers in open columns.

What stands below the people may be said of them: `red = do not call`. It stops the import while nothing is
written yet.

A column of nothing, or of yes alone, under a title that nobody knows says nothing in the head of a file. What
comes later may be the ticks of those who agreed, or of those who did not: nobody may be written to before
somebody said which. Beyond what is looked at here an answer refuses its row.
"""

from collections import Counter

from gateway.imports.errors import FileError
from gateway.imports.reading.headings import begins_other_table, second_table
from gateway.imports.reading.plan import Plan
from gateway.imports.reading.records import Place, Records
from gateway.imports.wishes.asides import alone, refuse, speaks
from gateway.imports.wishes.question import question
from gateway.imports.wishes.yes_no import FEW, Kind, kind_of

# Kept in memory meanwhile, of one import.
FURTHEST = 4 * 1024 * 1024
_TAKEN = 1000


class Ahead:
    """Reads a file from `place` on, as far as it is fed.

    Of the rows only the columns in doubt are looked at. `seen`: bytes of whose lines the plan was made.
    """

    def __init__(self, plan: Plan, place: Place, seen: int = 0) -> None:
        self._seen = seen
        self._plan = plan
        self._records = Records(plan.encoding, plan.delimiter, offset=place.offset, line=place.line)
        columns = plan.columns
        self._counts: dict[int, Counter[str]] = {index: Counter() for index in (*columns.open, *columns.full)}

    def feed(self, content: bytes, *, final: bool) -> None:
        """Raises `FileError` for bytes that no file of this kind has, and for a line about a refusal."""
        self._records.feed(content, final=final)
        self._records.has_more = True
        while self._records.has_more:
            is_known = self._records.offset < self._seen
            for record in self._records.take(1 if is_known else _TAKEN):
                if record.error:
                    continue
                self._count(record.cells)
                if self._records.offset < self._seen:
                    continue
                text = alone(record.cells, len(self._plan.columns.fields))
                if text and speaks(text):
                    raise refuse(record.line, "that is no contact")
                if begins_other_table(self._plan.columns.headers, record.cells):
                    raise second_table(record.line)

    def _count(self, cells: list[str]) -> None:
        for index, counts in self._counts.items():
            cell = cells[index].strip() if index < len(cells) else ""
            # Of more different ones no column of yes and no is made.
            if cell in counts or len(counts) <= FEW:
                counts[cell] += 1

    def ask(self) -> None:
        """Raises `FileError`, the question about all columns that are of yes and no."""
        asked = [index for index, counts in self._counts.items() if kind_of(counts) is Kind.DIVIDED]
        if asked:
            width = max(asked) + 1
            rows = [
                [cell if at == index else "" for at in range(width)]
                for index in asked
                for cell in self._counts[index]
            ]
            raise FileError("columns", question(self._plan.columns.headers, asked, rows))
