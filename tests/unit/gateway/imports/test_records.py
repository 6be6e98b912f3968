"""Wherever an import stops, it goes on there: no row lost, none twice."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.imports.errors import FileError
from gateway.imports.reading.records import Records

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ENCODINGS = st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"])


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def written(rows: list[list[str]], end: str) -> str:
    return "".join(",".join(map(quoted, row)) + end for row in rows)


def visible(rows: list[list[str]]) -> list[list[str]]:
    return [row for row in rows if "".join(cell.strip() for cell in row)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    ENCODINGS,
    st.integers(1, 40),
    st.integers(1, 5),
)
@example([["", "\x1a"], ["\ufeff", "\u200b"]], "\n", "utf-8", 1, 1)
def test_a_reader_opened_at_any_place_goes_on(
    rows: list[list[str]], end: str, encoding: str, chunk: int, most: int
) -> None:
    content = written(rows, end).encode(encoding)
    taken: list[list[str]] = []
    offset = line = 0
    # A new reader after every take, as after a kill.
    while True:
        records = Records(encoding, ",", offset=offset, line=line)
        found = []
        for start in range(offset, len(content) + 1, chunk):
            records.feed(content[start : start + chunk], final=start + chunk >= len(content) + 1)
            found = records.take(most)
            if found:
                break
        else:
            records.feed(b"", final=True)
            found = records.take(most)
        if not found:
            break
        assert not any(record.error for record in found)
        taken += [record.cells for record in found]
        offset, line = records.offset, records.line
    # A space after a delimiter belongs to nobody, and inside quotation marks to the cell.
    assert taken == visible(rows)
    assert records.offset == len(content)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["utf-8", "cp1252", "ascii"]), st.integers(1, 50))
def test_whatever_comes_every_byte_is_accounted_for(content: bytes, encoding: str, chunk: int) -> None:
    def all_of(size: int) -> tuple[list[tuple[int, list[str], str]], int]:
        records = Records(encoding, ",")
        found = []
        for start in range(0, len(content), size):
            records.feed(content[start : start + size])
            found += records.take(10_000)
        records.feed(b"", final=True)
        found += records.take(10_000)
        return [(one.line, one.cells, one.error) for one in found], records.offset

    # Where nothing is decided on the way, the size of the chunks changes nothing.
    try:
        rows, end = all_of(chunk)
    except FileError as asked:
        assert (encoding, asked.field) == ("ascii", "options.encoding")  # noqa: PT017 - the other way to be right
        return
    assert end == len(content)
    if encoding != "ascii":
        assert (rows, end) == all_of(1000)
