"""How one file is read: decided once on its first bytes, and the same after every restart."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any, NamedTuple, Self

from gateway.imports.cells.strokes import is_struck
from gateway.imports.columns.header import Columns, resolve
from gateway.imports.columns.header_row import find_header, looks_like_phone
from gateway.imports.errors import FileError
from gateway.imports.reading import encoding
from gateway.imports.reading.delimiter import TITLES, guess_delimiter, hinted_delimiter
from gateway.imports.reading.headings import Section, split
from gateway.imports.reading.records import MAX_CHARACTERS, QUOTES, Place, Record, Records
from gateway.imports.wishes.asides import (
    Legend,
    Line,
    is_about_strokes,
    is_small,
    read_asides,
    refuse,
    speaks,
)
from gateway.imports.wishes.meaning import Meaning, Wish

# How much of a file decides; its first rows must be in it.
HEAD = 256 * 1024
_SAMPLE = 50
_MOST_TAKEN = 1000


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
        """As Postgres keeps the plan."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        kept = json.loads(text)
        columns = kept["columns"]
        found = Columns(
            tuple(columns["fields"]),
            tuple(columns["headers"]),
            tuple(columns.get("other_phones", ())),
            tuple(map(tuple, columns.get("other_names", ()))),
            tuple(_wishes(columns)),
            tuple(columns.get("watched", ())),
            tuple(columns.get("open", ())),
            tuple(columns.get("full", ())),
            columns.get("country"),
            tuple((line, said) for line, said in columns.get("sections", ())),
        )
        return cls(kept["encoding"], kept["delimiter"], found)


def _wishes(columns: Mapping[str, Any]) -> Iterator[Wish]:
    if "wishes" not in columns and "consent" in columns["fields"]:
        # Of an earlier version: the import began before there were others.
        yield Wish(columns["fields"].index("consent"), Meaning.CONSENT, is_strict=True)
    for each in columns.get("wishes", ()):
        legend = tuple((code, said) for code, said in each.get("legend", ()))
        yield Wish(**each | {"meaning": Meaning(each["meaning"]), "legend": legend})


@dataclass(frozen=True)
class Hints:
    """What the caller says about the file; what is empty is found out from the file."""

    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    # Of the numbers that are written without their country.
    country: str = ""
    # False: every person of the list is meant, whatever its columns say.
    has_wishes: bool = True


def make_plan(head: bytes, hints: Hints, *, final: bool) -> tuple[Plan, Place]:
    """The plan of a file that begins with `head`, and where its first row begins.

    `final`: nothing comes after the head. Raises `FileError`.
    """
    records = _records(head, hints, final=final)
    rows = list(_rows(records))
    which = find_header([row.record.cells for row in rows], hints.columns)
    first = rows[which]
    _refuse(first.record)
    after = [row.record for row in rows[which + 1 :]] + records.take(_SAMPLE)
    below = [Line(each.line, each.cells) for each in (*after, *_rest(records)) if not each.error]
    above = [Line(row.record.line, row.record.cells) for row in rows[:which]]
    people, legends, sections = _told(first.record.cells, above, below, has_wishes=hints.has_wishes)
    columns = resolve(
        first.record.cells,
        people[:_SAMPLE],
        hints.columns,
        has_wishes=hints.has_wishes,
        more=people[_SAMPLE:],
        legends=legends,
    )
    columns = replace(columns, sections=sections)
    return Plan(records.encoding, records.delimiter, columns), first.end if columns.headers else first.start


class _Told(NamedTuple):
    """What lines of the file say, and the people by whom the columns are known."""

    people: Sequence[Sequence[str]]
    legends: Mapping[int, Legend]
    sections: tuple[Section, ...]


def _told(titles: Sequence[str], above: Sequence[Line], below: Sequence[Line], *, has_wishes: bool) -> _Told:
    """Raises `FileError` for lines about a refusal of which nobody knows whose it is.

    They may be said of everybody: `DO NOT CONTACT LIST`, `red: do not call`.
    """
    rows = [line.cells for line in below]
    if not has_wishes:
        return _Told(rows, {}, ())
    found = read_asides(titles, above, [line for line in below if is_small(line.cells)], rows)
    has_strokes = any(map(is_struck, chain.from_iterable(rows))) if above else False
    for each in above:
        is_used = each.line in found.used or (has_strokes and any(map(is_about_strokes, each.cells)))
        if not is_used and any(map(speaks, each.cells)):
            raise refuse(each.line, "above its titles")
    has_titles = not any(map(looks_like_phone, titles))
    divided = split(titles if has_titles else (), below, found.used)
    return _Told(divided.rows, found.legends, divided.sections)


def _rest(records: Records) -> Iterator[Record]:
    """The other rows of the head."""
    while records.has_more:
        yield from records.take(_MOST_TAKEN)


def _records(head: bytes, hints: Hints, *, final: bool) -> Records:
    """Reads the head by the encoding and the delimiter that the file turns out to have."""
    if not head.strip():
        raise FileError("file", "is empty; export the list again")
    name = _encoding(head, hints)
    skipped = encoding.mark(head)
    text = encoding.Decoder(name).decode(head[skipped:])
    if not text.strip():
        raise FileError("file", "has no rows; export the list again")
    hinted, length = hinted_delimiter(text)
    skipped += len(encoding.Decoder(name).encode(text[:length]))
    text = text[length:]
    delimiter = _used(hints.delimiter, text) or hinted or guess_delimiter(text)
    records = Records(name, delimiter, offset=skipped, line=1 if length else 0)
    records.feed(head[skipped:], final=final)
    return records


def _used(delimiter: str, text: str) -> str:
    """The delimiter that the caller names, unless no row has it: a file of refused rows may have another."""
    return delimiter if any(delimiter in line for line in text.splitlines()[:TITLES]) else ""


def _encoding(head: bytes, hints: Hints) -> str:
    found = encoding.detect(head)
    # A byte order mark is surer than a name: the refused rows of a file in GBK are in UTF-8.
    if hints.encoding and not encoding.mark(head):
        name = encoding.known(hints.encoding)
        return ("utf-16-le" if found == encoding.ASCII else found) if name == "utf-16" else name
    is_decided = found != encoding.ASCII or head.isascii()
    return found if is_decided else encoding.beyond_ascii(head, hints.country)


@dataclass(frozen=True)
class _Row:
    start: Place
    record: Record
    end: Place


def _rows(records: Records) -> Iterator[_Row]:
    """The first rows, each with its places. Raises `FileError` when there is none."""
    end = records.place
    for number in range(TITLES):
        taken = records.take(1)
        while not taken and records.has_more:
            taken = records.take(1)
        if not taken:
            if number == 0:
                raise FileError("file", "has no header and no row; is it a CSV?")
            return
        start, end = end, records.place
        yield _Row(start, taken[0], end)


def _refuse(first: Record) -> None:
    if first.error == QUOTES:
        raise FileError(
            "file", "has quotation marks that cannot be right in its first row; export the list again"
        )
    if first.error:
        raise FileError("file", f"has a first row of more than {MAX_CHARACTERS >> 10} KiB; is it a CSV?")
