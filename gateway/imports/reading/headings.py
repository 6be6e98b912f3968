"""Headings between people, `DO NOT CONTACT` and who follows, and second tables below the first.

Who stands below a heading, up to the next one, is of its group: what the heading says of a wish counts for
each of them as a column would. What may be no heading, but a remark about those above, stops the import; so
does a second table with other columns, unless all in it are left alone by its heading.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.imports.columns import synonyms
from gateway.imports.columns.header_row import folded, looks_like_phone
from gateway.imports.errors import FileError
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.asides import Line, alone, is_like, refuse, says_so, speaks
from gateway.imports.wishes.fold import words
from gateway.imports.wishes.note_likeness import OTHER_THRESHOLD
from gateway.imports.wishes.told import is_conditional, meaning
from gateway.imports.wishes.vocabulary import ANSWERS

_OPENING = "[\u3010\u300a\u3008\u300e\u300c#=\u25a0\u25a1\u25c6\u25cf\u25bc\u2193\u2b07-\u2013\u2014_>"
_CLOSING = ":\uff1a\u25bc\u2193\u2b07"
_UP = frozenset("\u2191\u2b06^")
_TITLES = 2
_NUMBER = re.compile(r"[\d ().+/-]{7,}")
_REFUSALS = (Answer.NO, Answer.PERHAPS_NO)


class Section(NamedTuple):
    """From a line on, up to the next section: what its heading says, by the name of the answer."""

    line: int
    said: str


class Split(NamedTuple):
    """`rows`: the people by whom the columns are known, without headings and further tables."""

    rows: Sequence[Sequence[str]]
    sections: tuple[Section, ...]


@dataclass
class _Heading:
    """Lines before a contact. `titles`: a row of titles among them."""

    lines: list[tuple[Line, str]] = field(default_factory=list)
    titles: Line | None = None
    has_gap: bool = False


def split(titles: Sequence[str], rows: Sequence[Line], used: frozenset[int]) -> Split:
    """`used`: lines that are read as legends. Raises `FileError` for what cannot be told apart."""
    kept: list[Sequence[str]] = []
    sections: list[Section] = []
    is_other, is_first = False, True
    begins_with_one = False
    for heading, people in _blocks(titles, rows, used):
        if not people:
            _refuse_speaking(heading)
            continue
        begins_with_one |= is_first and bool(heading.lines)
        said = _said(heading, is_one_of_several=begins_with_one and not is_first)
        if heading.titles:
            is_other = not _is_same(titles, heading.titles.cells)
            if is_other and not (said in _REFUSALS and _has_phone_there(titles, heading.titles.cells)):
                raise second_table(heading.titles.line)
        if heading.lines or heading.titles:
            begin = heading.lines[0][0].line if heading.lines else people[0].line
            sections.append(Section(begin, said.name))
        is_first = False
        kept += [] if is_other else [each.cells for each in people]
    is_told = any(each.said != Answer.NOTHING.name for each in sections)
    return Split(kept, tuple(sections) if is_told else ())


def _blocks(
    titles: Sequence[str], rows: Sequence[Line], used: frozenset[int]
) -> Iterator[tuple[_Heading, list[Line]]]:
    """Headings, and the rows behind each of them."""
    heading, people = _Heading(), list[Line]()
    end = rows[0].line if rows else 0
    for row in rows:
        joined = "".join(row.cells)
        has_gap = row.line > end or not joined.strip()
        end = row.line + 1 + joined.count("\n")
        if _NUMBER.search(joined) and len(row.cells) - row.cells.count("") > _TITLES:
            # Nearly every row is a contact.
            people.append(row)
            continue
        text = alone(row.cells, len(titles))
        is_titles = _are_titles(titles, row.cells)
        if not is_titles and (not text or row.line in used or any(map(looks_like_phone, row.cells))):
            # An empty row parts people from what follows.
            if people or any(map(str.strip, row.cells)):
                people.append(row)
            continue
        if people:
            has_gap |= not any(map(str.strip, people[-1].cells))
            yield heading, people
            heading, people = _Heading(has_gap=has_gap), []
        if is_titles:
            heading.titles = row
        else:
            heading.lines.append((row, text))
    yield heading, people


def begins_other_table(titles: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row far below has titles that are not those of the file."""
    if _NUMBER.search("".join(cells)):
        return False
    return _are_titles(titles, cells) and not _is_same(titles, cells)


def _are_titles(titles: Sequence[str], cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    if not titles or len(filled) < _TITLES or any(map(looks_like_phone, filled)):
        return False
    known = {folded(each) for each in titles}
    return any(synonyms.phone_rank(cell) is not None for cell in filled) and (
        2 * sum(folded(cell) in known or synonyms.is_known(cell) for cell in filled) >= len(filled)
    )


def _is_same(titles: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether each title that is given again stands where it stood."""
    return all(
        not cell.strip() or (at < len(titles) and folded(cell) == folded(titles[at]))
        for at, cell in enumerate(cells)
    )


def _has_phone_there(titles: Sequence[str], cells: Sequence[str]) -> bool:
    numbers = [at for at, title in enumerate(titles) if synonyms.phone_rank(title) is not None]
    return bool(numbers) and all(
        at < len(cells) and folded(cells[at]) == folded(titles[at]) for at in numbers
    )


def _said(heading: _Heading, *, is_one_of_several: bool) -> Answer:
    """Of the people below. Raises `FileError` for a refusal that may be a remark about those above."""
    found = {_meaning(line, text) for line, text in heading.lines}
    said = next((each for each in (*_REFUSALS, Answer.YES) if each in found), Answer.NOTHING)
    if said in _REFUSALS and not (is_one_of_several or _is_clear(heading)):
        raise refuse(heading.lines[0][0].line, "that is no contact")
    return said


def _meaning(line: Line, text: str) -> Answer:
    is_of_others = bool(_UP.intersection(text) or ANSWERS["above"].found(words(text)))
    if is_conditional(text) or (is_of_others and speaks(text)):
        raise refuse(line.line, "that is no contact")
    if says_so(text):
        return Answer.NO
    if meaning(text) is Answer.YES:
        return Answer.YES
    return Answer.PERHAPS_NO if is_like(text, OTHER_THRESHOLD) else Answer.NOTHING


def _is_clear(heading: _Heading) -> bool:
    """Whether lines can be nothing but a heading: set apart, in capitals, or behind a sign of one."""
    texts = [text.strip() for _, text in heading.lines]
    return (
        heading.has_gap
        or heading.titles is not None
        or any(text.isupper() or text[0] in _OPENING or text[-1] in _CLOSING for text in texts)
    )


def _refuse_speaking(heading: _Heading) -> None:
    """Of lines below all people: they may be said of any of them."""
    for line, text in heading.lines:
        if speaks(text):
            raise refuse(line.line, "that is no contact")


def second_table(line: int) -> FileError:
    """Whose rows are not what the titles of the file say."""
    return FileError(
        "file",
        f"has a second table with other columns, from line {line} on; save each table as a file of its own",
    )
