"""The words of a filter: one pass from left to right, each with its column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class FilterError(ValueError):
    """A filter that cannot be understood; `column` counts characters from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


class Kind(StrEnum):
    """The kind of a word."""

    OPEN = "("
    CLOSE = ")"
    COMPARATOR = "comparator"
    MINUS = "-"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    STRING = "string"
    NAME = "name"
    END = "end"


@dataclass(frozen=True)
class Word:
    """`text` is without quotes and escapes."""

    kind: Kind
    text: str
    column: int


# No two branches begin alike and none backtracks, so the time is linear in the length of the filter.
_WORD = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<open>\() | (?P<close>\))
    | (?P<comparator><=|>=|!=|=|<|>|:)
    | (?P<minus>-(?=[A-Za-z(]))
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<name>[^\s()=<>!:"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_KEYWORDS = {kind.value: kind for kind in (Kind.AND, Kind.OR, Kind.NOT)}
_KINDS = {"open": Kind.OPEN, "close": Kind.CLOSE, "comparator": Kind.COMPARATOR, "minus": Kind.MINUS}


def words(text: str) -> Iterator[Word]:
    """All words, and END after the last. Raises `FilterError` for a quote that is not closed."""
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise FilterError(_stray(text[at]), at + 1)
        if found.lastgroup != "space":
            yield _word(found, at + 1)
        at = found.end()
    yield Word(Kind.END, "", len(text) + 1)


def _word(found: re.Match[str], column: int) -> Word:
    group = str(found.lastgroup)
    text = str(found[group])
    if group in ("double", "single"):
        return Word(Kind.STRING, _ESCAPE.sub(r"\1", text), column)
    return Word(_KINDS.get(group) or _KEYWORDS.get(text, Kind.NAME), text, column)


def _stray(character: str) -> str:
    if character in "\"'":
        return f"this {character} has no other half; close the text, or write \\{character} inside one"
    return f"'{character}' means nothing here; write `!=` or `NOT`"
