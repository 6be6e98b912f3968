"""The text as its author wrote it, and places in it."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from services.content import hygiene
from services.content.errors import TemplateError


@dataclass(frozen=True)
class Source:
    """An author's text, cleaned; places in `text` are told as lines and columns of what he wrote."""

    raw: str

    @cached_property
    def text(self) -> str:
        """Without what nobody sees."""
        return hygiene.clean(self.raw)

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place in `text`; both count from 1, columns in characters."""
        origin = self._origins[at] if self._origins else at
        line = bisect_right(self._lines, origin)
        return line, origin - self._lines[line - 1] + 1

    def error(self, at: int, message: str) -> TemplateError:
        """An error that tells the place."""
        return TemplateError(message, *self.place(at))

    @cached_property
    def _origins(self) -> list[int]:
        """For each place in `text` that in `raw`; empty when they are the same."""
        if self.text == self.raw:
            return []
        return [*(at for at, _ in hygiene.kept(self.raw)), len(self.raw)]

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line of `raw` begins."""
        begins, at = [0], 0
        for line in self.raw.splitlines(keepends=True):
            at += len(line)
            if _ends_a_line(line):
                begins.append(at)
        return begins


def _ends_a_line(line: str) -> bool:
    """As hygiene sees it: `splitlines` also splits at separators that are no newlines here."""
    return line[-1] in "\n\r\v\f\x85\u2028\u2029"
