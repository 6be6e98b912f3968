"""From text to rows, each with its line and the place in the file where the next one begins.

The place is always the end of a row, so that a reader opened there again goes on with the next one. A
quotation mark that is opened and never closed would swallow what follows: such a row is refused alone,
and reading goes on with the line after it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.imports.reading.delimiter import unwrapped
from gateway.imports.reading.encoding import Decoder

# Longest row, in characters and in lines; a row beyond is taken for one whose quotes are wrong.
MAX_CHARACTERS = 64 * 1024
MAX_LINES = 200

# What disks and old systems leave on a line of its own, mostly at the end of a file.
_NOTHING = "\0\x1a\ufeff \u200b"
_BROKEN = re.compile("[\ud800-\udfff\ufffd]")

_BLANK = frozenset({"\n", "\r\n", "\r"})
# Lines that are looked at between two turns of the event loop: a millisecond or two.
_LOOKED_AT = 500

QUOTES = "QUOTES"
ROW_TOO_LONG = "ROW_TOO_LONG"

Cells = list[str]
# Whether a row of several lines, its cells and its lines given, has swallowed rows behind it.
Swallows = Callable[[Sequence[str], Sequence[str]], bool]


@dataclass(frozen=True)
class Place:
    """Between two rows: bytes and lines of the file before it."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """One row of `length` characters; `line` is where it begins, from 1.

    `error`: why its cells cannot be trusted, or empty.
    """

    line: int
    cells: Cells
    error: str = ""
    length: int = 0


class _MoreTextNeeded(Exception):
    """More text is needed to know where the row ends."""


class _TooLong(Exception):
    """The row is longer than any row may be."""


class _Lines:
    """The lines of a row for the csv module, which pulls as many as it needs."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.at = 0
        self.first = 0
        self.final = False
        # Of the row, in characters.
        self.length = 0

    def begin(self) -> None:
        self.first = self.at
        self.length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.all):
            if self.final:
                raise StopIteration
            raise _MoreTextNeeded
        line = self.all[self.at]
        self.at += 1
        self.length += len(line)
        if self.length > MAX_CHARACTERS or self.at - self.first > MAX_LINES:
            raise _TooLong
        return line


class Records:
    """Bytes are fed in order from `offset`, rows are taken; nothing is kept but what no row has ended yet.

    `width`: how many cells a row has, 0 when not known.
    """

    def __init__(
        self,
        encoding: str,
        delimiter: str,
        *,
        offset: int = 0,
        line: int = 0,
        width: int = 0,
        swallows: Swallows = lambda _cells, _lines: False,
    ) -> None:
        self._decoder = Decoder(encoding)
        self.delimiter = delimiter
        self._swallows = swallows
        self._width = width
        self._lines = _Lines()
        self._reader = self._made()
        self._rest = ""
        # Inside a line that was cut, because no row is so long.
        self._is_cut = False
        # Whether `take` stopped before the end of what was fed.
        self.has_more = True
        # Where the row to come begins: bytes before it in the file, lines before it.
        self.offset = offset
        self.line = line

    def _made(self) -> Iterator[Cells]:
        return csv.reader(self._lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)

    @property
    def encoding(self) -> str:
        """The encoding as far as it is known by now."""
        return self._decoder.encoding

    @property
    def place(self) -> Place:
        """Where the row to come begins."""
        return Place(self.offset, self.line)

    def feed(self, content: bytes, *, final: bool = False) -> None:
        """The next bytes of the file; `final` after the last ones. Raises `FileError`."""
        text = self._rest + self._decoder.decode(content, final=final)
        # A line ends at CR LF, LF or CR; a line whose end is not certain yet waits.
        end = len(text) if final else max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        if end == 0 and len(text) > MAX_CHARACTERS:
            end = len(text)
        self._rest = text[end:]
        del self._lines.all[: self._lines.at]
        self._lines.at = 0
        self._lines.all += io.StringIO(text[:end], newline="").readlines()
        self._lines.final = final

    def take(self, most: int) -> list[Record]:
        """The next rows without the empty ones, up to `most`: none, too, where many lines are empty.

        `has_more` says whether there are more for now.
        """
        start = self._lines.at
        taken: list[Record] = []
        length = 0
        self.has_more = True
        try:
            for looked_at, record in enumerate(self._records()):
                length += record.length
                if record.cells:
                    taken.append(record)
                if len(taken) == most or length > MAX_CHARACTERS or looked_at == _LOOKED_AT:
                    break
            else:
                self.has_more = False
        finally:
            self.offset += len(self._decoder.encode("".join(self._lines.all[start : self._lines.at])))
        return taken

    def _records(self) -> Iterator[Record]:
        lines = self._lines
        while True:
            self._skip_cut()
            self._skip_blank()
            lines.begin()
            error, cells = "", []
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except _MoreTextNeeded:
                lines.at = lines.first
                return
            except _TooLong:
                error = ROW_TOO_LONG if lines.at == lines.first + 1 else QUOTES
            except csv.Error:
                error = QUOTES
            count = lines.at - lines.first
            if count > 1 and (error or self._swallows(cells, lines.all[lines.first : lines.at])):
                # Back to the end of its first line: the others may be good rows.
                error, count = QUOTES, 1
                lines.at = lines.first + 1
            if error:
                self._is_cut = not lines.final and not lines.all[lines.first].endswith(("\r", "\n"))
                cells = [lines.all[lines.first].rstrip("\r\n")[:MAX_CHARACTERS]]
            elif _is_empty(cells):
                cells = []
            elif len(cells) == 1 and self._width != 1:
                cells = unwrapped(cells, self.delimiter)
            self.line += count
            yield Record(self.line - count + 1, cells, error, lines.length)

    def _skip_cut(self) -> None:
        """Passes over the rest of a line whose beginning was refused."""
        lines = self._lines
        while self._is_cut and lines.at < len(lines.all):
            self._is_cut = not lines.all[lines.at].endswith(("\r", "\n"))
            lines.at += 1

    def _skip_blank(self) -> None:
        """Passes over lines with nothing on them: a file may have millions."""
        lines = self._lines
        begin = lines.at
        while lines.at < len(lines.all) and lines.all[lines.at] in _BLANK:
            lines.at += 1
        self.line += lines.at - begin


def _is_empty(cells: Sequence[str]) -> bool:
    """Whether a line is no row. Somebody wrote what stands between delimiters, also what nobody sees."""
    written = "".join(map(str.strip, cells))
    return not (written.strip(_NOTHING) if len(cells) == 1 else written)


def is_broken(cells: Sequence[str]) -> bool:
    """Whether bytes stand in them that are none of the file's encoding, or what some program put for such."""
    return any(not cell.isascii() and _BROKEN.search(cell) for cell in cells)
