"""The parts of a Markdown text that name things: code spans, lines of code blocks, and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = "```"
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"#+ (.+)")


@dataclass(frozen=True)
class Piece:
    """One code span, line of a code block, or link target; `section` is the text of its `## ` section."""

    kind: str
    """span, line or link."""
    text: str
    line: int
    section: str


def pieces(text: str) -> Iterator[Piece]:
    """Every piece of a document, in order."""
    in_fence = False
    for number, line, section in _lines(text):
        if line.startswith(_FENCE):
            in_fence = not in_fence
        elif in_fence:
            yield Piece("line", line, number, section)
        else:
            yield from (Piece("span", found, number, section) for found in _SPAN.findall(line))
            plain = _SPAN.sub("", line)
            yield from (Piece("link", found, number, section) for found in _LINK.findall(plain))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    titles = (found[1] for line in text.splitlines() if (found := _HEADING.fullmatch(line)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    number = 0
    for section in re.split(r"(?m)^(?=## )", text):
        for line in section.splitlines():
            number += 1
            yield number, line, section
