"""What the headings of a file say of the rows below them."""

from bisect import bisect_right
from collections.abc import Sequence

from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.reader import NOTHING, Said


class Sections:
    """`sections`: from which line on, and the name of the answer."""

    def __init__(self, sections: Sequence[tuple[int, str]]) -> None:
        self._lines = [line for line, _ in sections]
        self._said = [Said(Answer[said], f"import: heading in line {line}") for line, said in sections]

    def begin(self, line: int) -> bool:
        """Whether a line is a heading."""
        return line in self._lines

    def said(self, line: int) -> Said:
        """Of the person in that line."""
        at = bisect_right(self._lines, line)
        return self._said[at - 1] if at else NOTHING
