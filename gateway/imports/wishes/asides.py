"""What a file says beside its rows: a legend below the table or above the titles, a line of its own.

Nothing of it that speaks of a refusal is passed over: a legend is applied to the column that carries its
values, and any other such line stops the import before anything is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from gateway.imports.errors import FileError
from gateway.imports.wishes.answer import Answer, answer, opts_out
from gateway.imports.wishes.code import LONGEST, code_of
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.fold import squeezed, words
from gateway.imports.wishes.legend import Pair, is_legend, pairs, read_legend, refuses
from gateway.imports.wishes.note_likeness import LINE_THRESHOLD, is_like_a_refusal
from gateway.imports.wishes.notes import wants_none
from gateway.imports.wishes.title import Title
from gateway.imports.wishes.told import is_conditional, meaning, speaks_of_messages
from gateway.imports.wishes.vocabulary import ANSWERS, VALUES

Legend = tuple[tuple[str, str], ...]
_MOST_CODES = 15
_MOST_CELLS = 3
_LEAST_DIGITS = 5
# Lines that are looked at for a legend.
_MOST_LINES = 60
# Columns of few values; a line about others stops the import where it refuses.
_MOST_COLUMNS = 200
_LONGEST = 1000
# `Total: 12, unsubscribed: 3`.
_SUM = re.compile(r"[:=\uff1a] ?\d")
_SIGNS = ("=", ":", "\uff1d", "\uff1a", "\u2192", "->", ")", " - ", "\u2013", "\u2014", " means ", " is ")
_OF_A_WISH = {"agree", "perhaps", "contact", "out", "optout"}


class Line(NamedTuple):
    """A row of the file, and where it begins, from 1."""

    line: int
    cells: Sequence[str]


class Read(NamedTuple):
    """The legends by column; `used`: the lines that they are from."""

    legends: Mapping[int, Legend]
    used: frozenset[int]


def speaks(text: str) -> bool:
    """Whether a line that is no contact says that people are not to be contacted, or that some are alone."""
    if not any(map(str.isalpha, text)):
        # A number and no more.
        return False
    if says_so(text) or is_conditional(text):
        return True
    return is_like(text, LINE_THRESHOLD)


def is_like(text: str, above: float) -> bool:
    """Whether a line is like a refusal of people, and is neither a sum nor a legend, nor permits anything."""
    if _SUM.search(text) or not is_like_a_refusal(text, above):
        return False
    return not is_legend(text) and meaning(text) is not Answer.YES


def says_so(text: str) -> bool:
    """Whether the rules hear in a line that people are not to be contacted."""
    is_heard = opts_out(text) or wants_none(text) or refuses(text) or remarked(text) is not Answer.NOTHING
    return is_heard and not is_legend(text)


def is_about_strokes(line: str) -> bool:
    """Whether a line beside a list explains that names in it are struck out."""
    return bool(ANSWERS["struck"].found(words(line[:_LONGEST])))


def refuse(line: int, where: str) -> FileError:
    """`where`: `above its titles`."""
    return FileError(
        "file",
        f"has a line {where}, line {line}, about people who are not to be contacted, or about who agreed;"
        " if everybody in it is meant, use `kompang leads suppress`; else say it in a column, and"
        " remove the line",
    )


def alone(cells: Sequence[str], width: int = 0) -> str:
    """The text of a row of one cell, also of a sentence that its commas have cut; empty for any other row.

    `width`: the columns of the file.
    """
    filled = list(filter(None, map(str.strip, cells)))
    if len(filled) == 1:
        return filled[0]
    is_short = 0 < len(cells) < width or (len(filled) > 1 and any("=" in cell for cell in cells))
    is_cut = is_short and all(cells[: len(filled)]) and not _is_contact(cells)
    return ", ".join(filled) if is_cut else ""


def _is_contact(cells: Sequence[str]) -> bool:
    """Whether a row may have a number."""
    return sum(map(str.isdecimal, "".join(cells))) >= _LEAST_DIGITS


def is_small(cells: Sequence[str]) -> bool:
    """Whether a row has so few cells, or explains so, that it may be no contact."""
    return len(list(filter(None, map(str.strip, cells)))) <= _MOST_CELLS or "=" in "".join(cells)


def read_asides(
    headers: Sequence[str], above: Sequence[Line], small: Sequence[Line], rows: Sequence[Sequence[str]]
) -> Read:
    """`small`: of the rows below the titles those with few cells.

    Raises `FileError` for a legend with two meanings of a value, or of which nobody knows the column.
    """
    texts = [*_told_above(above, len(headers)), *_told_below(small, len(headers)), *_told_in(headers, rows)]
    if not texts:
        return Read({}, frozenset())
    values = _values(headers, rows)
    found = _Legends(headers, values)
    for text in texts:
        found.add(text)
    return found.read()


class _Told(NamedTuple):
    """`only`: the column whose title it stands in, or -1; `own`: the column that its value stands in."""

    line: int
    text: str
    only: int = -1
    own: int = -1


def _told_above(above: Sequence[Line], width: int) -> Iterator[_Told]:
    for line in above:
        text = alone(line.cells, width)
        for cell in [text] if text else line.cells:
            if _has_sign(cell):
                yield _Told(line.line, cell)
        yield from _beside(line)


def _told_below(rows: Sequence[Line], width: int) -> Iterator[_Told]:
    for line in rows[-_MOST_LINES:]:
        text = alone(line.cells, width)
        if not text:
            yield from _beside(line)
        elif _has_sign(text):
            yield _Told(line.line, text)


def _beside(line: Line) -> Iterator[_Told]:
    """`rood` in one cell, and what it means in the next."""
    if _is_contact(line.cells):
        # A contact with few columns, or a date.
        return
    filled = [at for at, cell in enumerate(line.cells) if cell.strip()]
    for at, after in pairwise(filled):
        code, told = line.cells[at].strip(" =:-"), line.cells[after].strip()
        is_pair = after == at + 1 and len(code) <= LONGEST and not _has_sign(code) and "=" not in told
        if is_pair and not told.replace(" ", "").isdecimal():
            own = at if len(filled) > 2 or not speaks_of_messages(told) else -1  # noqa: PLR2004 - a pair alone
            yield _Told(line.line, f"{code} = {told}", own=own)


def _told_in(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[_Told]:
    """Legends in titles, `Status (1 = agreed)`, and in cells beside the people."""
    for index, header in enumerate(headers):
        if _has_sign(header):
            yield _Told(-1 - index, header, only=index)
    count = 0
    for cells in rows:
        if "=" not in "".join(cells) or alone(cells, len(headers)):
            continue
        for at, cell in enumerate(cells):
            if "=" in cell[1:] and sum(map(str.isalpha, cell)) > 1:
                yield _Told(0, cell, own=at)
                count += 1
        if count >= _MOST_LINES:
            return


def _has_sign(text: str) -> bool:
    return any(sign in text for sign in _SIGNS)


def _values(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[int, frozenset[str]]:
    """The values of each column that has few."""
    open_columns: dict[int, set[str]] = {index: set() for index in range(len(headers))}
    for cells in rows:
        if alone(cells, len(headers)):
            continue
        for index in list(open_columns):
            cell = cells[index].strip() if index < len(cells) else ""
            seen = open_columns[index]
            if cell and cell not in seen:
                seen.add(cell)
                if len(seen) > _MOST_CODES:
                    del open_columns[index]
    return {
        index: frozenset(code_of(cell) for cell in seen if len(cell) <= LONGEST)
        for index, seen in islice(open_columns.items(), _MOST_COLUMNS)
    }


class _Legends:
    """Finds for each line the column whose values it explains."""

    def __init__(self, headers: Sequence[str], values: Mapping[int, frozenset[str]]) -> None:
        self._headers = headers
        self._values = values
        self._known = frozenset({""}.union(*values.values()))
        self._alone: list[tuple[_Told, Pair]] = []
        self._found: dict[int, list[tuple[int, Pair]]] = {}

    def add(self, told: _Told) -> None:
        """A line of several values is one legend; lines of one value each are one together."""
        known = self._values.get(told.only, frozenset()) | {""} if told.only >= 0 else self._known
        listed = pairs(told.text, known)
        if len(listed) == 1 and told.only < 0:
            self._alone.append((told, listed[0]))
        elif listed:
            self._settle([(told, each) for each in listed])

    def read(self) -> Read:
        """What all lines say together."""
        if self._alone:
            self._settle(self._alone)
        legends: dict[int, Legend] = {}
        used: set[int] = set()
        for index, listed in self._found.items():
            label = self._label(index, listed)
            try:
                said = read_legend(
                    [pair for _, pair in listed],
                    is_of_a_wish=_is_of_a_wish(label),
                    is_opt_out=Title.of(label).is_negated,
                )
            except ValueError:
                raise refuse(max(line for line, _ in listed), "that explains a value twice") from None
            if said and any(answer(code) is not told for code, told in said.items()):
                legends[index] = tuple((code, told.name) for code, told in said.items())
                used |= {line for line, _ in listed}
        return Read(legends, frozenset(used))

    def _label(self, index: int, listed: Sequence[tuple[int, Pair]]) -> str:
        """The title, and what stands before the values of a legend in it."""
        of_title = [pair.label for line, pair in listed if line < 0]
        return of_title[0] if of_title else self._headers[index]

    def _settle(self, listed: Sequence[tuple[_Told, Pair]]) -> None:
        for column in self._columns(listed):
            kept = [(told.line, pair) for told, pair in listed if self._is_of(column, told, pair)]
            self._found.setdefault(column, []).extend(kept)

    def _is_of(self, column: int, told: _Told, pair: Pair) -> bool:
        return told.own != column and pair.code in self._values[column] | {""}

    def _columns(self, listed: Sequence[tuple[_Told, Pair]]) -> Sequence[int]:
        """That with the most of the values; of several the one that the line names, or all about a wish."""
        only = listed[0][0].only
        if only >= 0:
            return [only] if only in self._values else []
        # Row numbers have the values 1 and 2, too, and many others.
        counts = {
            index: (count, count / len(values))
            for index, values in self._values.items()
            if (count := sum(bool(pair.code) and self._is_of(index, told, pair) for told, pair in listed))
        }
        if not counts:
            return []
        most = max(counts.values())
        best = [index for index, count in counts.items() if count == most]
        text = squeezed(" ".join(told.text for told, _ in listed)[:_LONGEST])
        named = [index for index in best if (title := squeezed(self._headers[index][:60])) and title in text]
        starred = [index for index in best if "*" in self._headers[index] and "*" in listed[0][0].text]
        chosen = named or starred or best
        is_about = any(speaks_of_messages(pair.told) for _, pair in listed)
        if len(chosen) == 1 or not is_about or all(meaning(pair.told) is Answer.YES for _, pair in listed):
            return chosen[:1]
        about = [index for index in chosen if _is_of_a_wish(self._headers[index])]
        if not about:
            raise refuse(max(told.line for told, _ in listed), "whose values stand in several columns")
        return about


def _is_of_a_wish(header: str) -> bool:
    """Whether a title is about one; `Màu`, a colour, is `want` in another language."""
    title = Title.of(header)
    if title.channel == "other" or squeezed(header[:60]) in VALUES["colour"]:
        return False
    return bool(title.has & _OF_A_WISH) or title.channel in ("whatsapp", "phone")
