"""From cells to a name, without what some program wrote in its place."""

import html
import re
from collections.abc import Sequence

from gateway.imports.cells.strokes import without_strokes
from gateway.imports.cells.text import cell_text
from services.content.mojibake import mended
from services.content.placeholders import is_placeholder

# Of the scripts in which the family comes first.
_FAMILY_FIRST = re.compile(r"[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_SPACED = re.compile(r"[\u3041-\u30ff\uac00-\ud7a3]")


def read_name(cell: str) -> str:
    """A name or a part of it, mended; empty where a program has written that there is none."""
    text = without_strokes(cell_text(cell))
    text = " ".join(mended(html.unescape(text) if "&" in text else text).split())
    # WhatsApp puts a tilde before the names that people give themselves.
    text = text.lstrip("~ ")
    return "" if is_placeholder(text) else text


def joined(parts: Sequence[str]) -> str:
    """First, middle and last name as one; in Chinese, Japanese and Korean letters the family is first."""
    filled = [part for part in parts if part]
    if len(filled) > 1 and all(map(_FAMILY_FIRST.fullmatch, filled)):
        between = " " if _SPACED.search("".join(filled)) else ""
        return between.join([filled[-1], *filled[:-1]])
    return " ".join(filled)
