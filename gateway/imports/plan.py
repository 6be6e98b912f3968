"""How one file is read: decided once on its first bytes, kept, the same after every restart."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from gateway.imports import dialect, encoding, header
from gateway.imports.fault import FileFault
from gateway.imports.header import Columns
from gateway.imports.records import QUOTES, Record, Records

# How much of a file decides; its first rows must be in it.
HEAD = 256 * 1024
_SAMPLE = 50
_TITLES = 5


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
        columns = Columns(tuple(kept["columns"]["fields"]), tuple(kept["columns"]["headers"]))
        return cls(kept["encoding"], kept["delimiter"], columns)


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
    delimiter = wishes.delimiter or hinted or dialect.guess(text)
    records = Records(name, delimiter, offset=skipped, line=1 if length else 0)
    records.feed(head[skipped:], final=final)
    start, first = _begin(records, may_have_title=not wishes.columns)
    after = Place(records.offset, records.line)
    sample = [record.cells for record in records.take(_SAMPLE) if not record.fault]
    columns = header.resolve(first.cells, sample, wishes.columns)
    return Plan(records.encoding, delimiter, columns), after if columns.headers else start


def _encoding(head: bytes, wished: str) -> str:
    found = encoding.detect(head)
    if not wished:
        return found
    name = encoding.known(wished)
    if name == "utf-16":
        return found if found.startswith("utf-16") else "utf-16-le"
    return name


def _begin(records: Records, *, may_have_title: bool) -> tuple[Place, Record]:
    """The first row that is no title, and where it begins."""
    for _ in range(_TITLES):
        start, first = Place(records.offset, records.line), _first(records)
        if not (may_have_title and header.is_title(first.cells)):
            break
    return start, first


def _first(records: Records) -> Record:
    taken = records.take(1)
    if not taken:
        raise FileFault("file", "has no header and no row; is it a CSV?")
    if taken[0].fault:
        because = "has quotation marks" if taken[0].fault == QUOTES else "has a header"
        raise FileFault("file", f"{because} that cannot be right in its first row; export the list again")
    return taken[0]
