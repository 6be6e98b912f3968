"""Names and numbers that somebody has struck out: `~~Ana~~`, `A̶n̶a̶`, `<s>Ana</s>`.

Who strikes a person out of a list may mean anything, and most often that nothing is to be sent: it is
perhaps a no.
"""

import re
from collections.abc import Iterable

# What is drawn over the letter before it.
_STROKES = re.compile("[\u0335-\u0338\u20d2\u20d3\u20e5\u20e6]")
_SIGNS = re.compile("[~<\u0335-\u0338\u20d2\u20d3\u20e5\u20e6]")
# WhatsApp strikes out what stands between two tildes, Markdown between four; a name has one before it.
_MARKED = re.compile(
    r"(~{1,3})([^~]{1,300})~{1,3}|<(?:s|del|strike)>([^<]{1,300})</(?:s|del|strike)>", re.IGNORECASE
)


def has_strokes(cells: Iterable[str]) -> bool:
    """Whether a closer look is worth its time."""
    return bool(_SIGNS.search("".join(cells)))


def is_struck(cell: str) -> bool:
    """Whether all of a cell, or half of its letters and digits, is struck out."""
    strokes = len(_STROKES.findall(cell))
    return bool(_MARKED.fullmatch(cell.strip())) or 0 < sum(map(str.isalnum, cell)) <= 2 * strokes


def without_strokes(cell: str) -> str:
    """The text under them."""
    text = _STROKES.sub("", cell)
    marked = _MARKED.fullmatch(text.strip())
    return (marked[2] or marked[3]) if marked else text
