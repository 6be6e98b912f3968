"""The refused rows of an import as a CSV that can be corrected and imported again."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from gateway.imports.batch import Refused
from gateway.imports.plan import Plan

_ADDED = ("refused_line", "refused_reason", "refused_because")
_MAX_BYTES = 256 * 1024
# By which Excel knows UTF-8.
_MARK = "\ufeff"


async def contents(plan: Plan | None, pieces: AsyncIterator[Sequence[Refused]]) -> AsyncIterator[bytes]:
    """The file in pieces of up to 256 KiB; `plan` None when the import never came to a row."""
    headers: tuple[str, ...] = ()
    if plan is not None:
        # Without a header of its own, one by which the file is understood when it comes back.
        headers = plan.columns.headers or plan.columns.fields
    delimiter = plan.delimiter if plan else ","
    yield (_MARK + _lines(delimiter, [(*headers, *_ADDED)])).encode()
    async for refused in pieces:
        rows = [
            (*_fitted(each.cells, len(headers)), str(each.line), each.reason, each.because)
            for each in refused
        ]
        text = _lines(delimiter, rows).encode()
        for start in range(0, len(text), _MAX_BYTES):
            yield text[start : start + _MAX_BYTES]


def _fitted(cells: Sequence[str], width: int) -> Sequence[str]:
    """As many cells as the header has: those too many stay together in the last, none is lost."""
    if len(cells) <= width:
        return [*cells, *[""] * (width - len(cells))]
    return [*cells[: width - 1], " | ".join(cell for cell in cells[width - 1 :] if cell)]


def _lines(delimiter: str, rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()
