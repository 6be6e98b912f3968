"""The refused rows of an import as a CSV that can be corrected and imported again."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence

from gateway.imports.model import RefusedRow
from gateway.imports.reading.plan import Plan
from services.runtime.containment import contained

_ADDED = ("refused_line", "refused_reason", "refused_because")
_ENOUGH_BYTES = 256 * 1024
# By which Excel knows UTF-8.
_MARK = "\ufeff"
# Excel takes these for formulas, also such as somebody has put there to be run; of numbers it keeps 11 digits
# and no zero before them. An apostrophe leaves both as they are, and an import takes it away again.
_EXCEL_READS = re.compile(r"[=+\-@\t\r]|0\d+$|\d{12,}$")


async def contents(
    plan: Plan | None, pages: AsyncIterator[Sequence[RefusedRow]], *, with_header: bool = True
) -> AsyncIterator[tuple[int, bytes]]:
    """The file in pieces of whole rows, some 256 KiB each, with the line of the last row; 0 for the header.

    `plan` is None when the import never came to a row.
    """
    headers: tuple[str, ...] = ()
    if plan is not None:
        # Without a header of its own, one by which the file is understood when it comes back.
        headers = plan.columns.headers or plan.columns.fields
    # A double click on a file of tabs shows one column.
    delimiter = plan.delimiter if plan and plan.delimiter in ",;" else ","
    if with_header:
        yield 0, (_MARK + _lines(delimiter, [(*headers, *_ADDED)])).encode()
    async for refused in pages:
        piece = b""
        for each in refused:
            piece += _row(delimiter, each, len(headers)).encode()
            if len(piece) >= _ENOUGH_BYTES or each is refused[-1]:
                yield each.line, piece
                piece = b""


def _row(delimiter: str, refused: RefusedRow, width: int) -> str:
    """One refused row; without its cells where these cannot be written."""
    # Empty where another version has kept none.
    added = (str(refused.line), refused.reason or "", refused.because or "")
    with contained("gateway.import.refused_row", line=refused.line):
        return _lines(delimiter, [(*_fitted(refused.cells, width), *added)])
    return _lines(delimiter, [(*[""] * width, *added)])


def _fitted(cells: Sequence[str], width: int) -> Sequence[str]:
    """As many cells as the header has: those too many stay together in the last, none is lost."""
    if len(cells) <= width:
        return [*cells, *[""] * (width - len(cells))]
    return [*cells[: width - 1], " | ".join(cell for cell in cells[width - 1 :] if cell)]


def _lines(delimiter: str, rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([_shown(cell) for cell in row] for row in rows)
    return written.getvalue()


def _shown(cell: str) -> str:
    return f"'{cell}" if _EXCEL_READS.match(cell) else cell
