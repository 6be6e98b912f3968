"""How one file is read: decided once on its first bytes, kept, the same after every restart."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from gateway.imports import dialect, encoding, header, header_row
from gateway.imports.errors import FileFault
from gateway.imports.header import Columns
from gateway.imports.records import MAX_CHARACTERS, QUOTES, Record, Records

# How much of a file decides; its first rows must be in it.
HEAD = 256 * 1024
_SAMPLE = 50


@dataclass(frozen=True)
class Place:
    """Between two rows: bytes and lines of the file before it."""

    offset: int
    line: int


@dataclass(frozen=True)
class Plan:
    """`encoding` is `ascii` until other bytes come."""

    encoding: str
    delimiter: str
    columns: Columns

    def with_encoding(self, found: str) -> "Plan":
        """The same, now that the encoding is known better."""
        return self if found == self.encoding else replace(self, encoding=found)

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse."""
        kept = json.loads(text)
        columns = kept["columns"]
        found = Columns(
            tuple(columns["fields"]),
            tuple(columns["headers"]),
            tuple(columns.get("other_phones", ())),
            tuple(map(tuple, columns.get("other_names", ()))),
        )
        return cls(kept["encoding"], kept["delimiter"], found)


@dataclass(frozen=True)
class Wishes:
    """What the caller says about the file; empty: found out."""

    encoding: str
    delimiter: str
    columns: Mapping[str, str]


def made(head: bytes, wishes: Wishes, *, final: bool) -> tuple[Plan, Place]:
    """The plan of a file that begins with `head`, and where its first row begins.

    `final`: that is all of it. Raises `FileFault`.
    """
    if not head.strip():
        raise FileFault("file", "is empty; export the list again")
    name = _encoding(head, wishes.encoding)
    if not wishes.encoding:
        encoding.refuse_unreadable(head)
    skipped = encoding.mark(head)
    text = encoding.Decoder(name).decode(head[skipped:])
    if not text.strip():
        raise FileFault("file", "has no rows; export the list again")
    hinted, length = dialect.hint(text)
    skipped += len(encoding.Decoder(name).encode(text[:length]))
    delimiter = _delimiter(wishes.delimiter, text[length:]) or hinted or dialect.guess(text[length:])
    records = Records(name, delimiter, offset=skipped, line=1 if length else 0)
    records.feed(head[skipped:], final=final)
    rows = list(_rows(records))
    which = header_row.begin([row.record.cells for row in rows], wishes.columns)
    first = rows[which]
    _refuse(first.record)
    after = [row.record for row in rows[which + 1 :]] + records.take(_SAMPLE)
    sample = [record.cells for record in after if not record.fault]
    columns = header.resolve(first.record.cells, sample, wishes.columns)
    return Plan(records.encoding, delimiter, columns), first.end if columns.headers else first.start


def _delimiter(wished: str, text: str) -> str:
    """As wished, unless it stands nowhere: the refused rows of a file may be written with another."""
    return wished if any(wished in line for line in text.splitlines()[: dialect.TITLES]) else ""


def _encoding(head: bytes, wished: str) -> str:
    found = encoding.detect(head)
    # A mark is surer than a wish: the refused rows of a file in GBK are in UTF-8.
    if not wished or encoding.mark(head):
        return found
    name = encoding.known(wished)
    return ("utf-16-le" if found == encoding.ASCII else found) if name == "utf-16" else name


@dataclass(frozen=True)
class _Row:
    start: Place
    record: Record
    end: Place


def _rows(records: Records) -> Iterator[_Row]:
    """The first rows, each with its places. Raises `FileFault` when there is none."""
    end = Place(records.offset, records.line)
    for number in range(dialect.TITLES):
        taken = records.take(1)
        if not taken:
            if number == 0:
                raise FileFault("file", "has no header and no row; is it a CSV?")
            return
        start, end = end, Place(records.offset, records.line)
        yield _Row(start, taken[0], end)


def _refuse(first: Record) -> None:
    if first.fault == QUOTES:
        raise FileFault(
            "file", "has quotation marks that cannot be right in its first row; export the list again"
        )
    if first.fault:
        raise FileFault("file", f"has a first row of more than {MAX_CHARACTERS >> 10} KiB; is it a CSV?")
