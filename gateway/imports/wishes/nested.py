"""Cells with several values by name: JSON, what Python and PHP write, `whatsapp: no; email: yes`."""

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import CHANNELS

_LONGEST = 4000
_REMEMBERED = 300
_MOST = 60
# Of the names that lead to a value; a memo that keeps them many times over must not grow with them.
_LONGEST_NAME = 200
_DEEPEST = 6
_PHP = re.compile(r's:\d{1,5}:"([^"]{1,200})";(?:[bid]:(-?[\d.]{1,20})|s:\d{1,5}:"([^"]{0,200})")')
_OF_PHP = re.compile(r"a:\d{1,5}:\{")
_PAIRS = re.compile(r"[;,|\n&]")
_BETWEEN = re.compile("=>|[:=]")
_NAME = re.compile(r"[^\W\d][^:=;,|{}\n]{0,60}")
_VALUE = re.compile(r"[^:=;,|{}\n]{0,80}")
_QUOTES = ("'", '"')
# Keys whose value says what the others of the object are about.
_NAMING = {
    "name",
    "key",
    "label",
    "field",
    "title",
    "property",
    "channel",
    "type",
    "medium",
    "id",
    "code",
    "slug",
}
Leaf = tuple[str, str]


def leaves(cell: str) -> tuple[Leaf, ...]:
    """Each value with the names that lead to it; nothing for a cell that is one value."""
    cell = cell.strip()
    if len(cell) > _LONGEST or not (cell[:1] in ("{", "[", "a") or ":" in cell or "=" in cell):
        return ()
    return _leaves(cell) if len(cell) <= _REMEMBERED else _leaves.__wrapped__(cell)


@lru_cache(maxsize=512)
def _leaves(cell: str) -> tuple[Leaf, ...]:
    if cell[0] in "{[":
        found = _parsed(cell)
        if isinstance(found, dict | list):
            return tuple(islice(_walk("", found, 0), _MOST))
    if _OF_PHP.match(cell):
        found_in_php = islice(_PHP.finditer(cell), _MOST)
        return tuple((each[1], each[2] or each[3] or "") for each in found_in_php)
    return _pairs(cell)


def _parsed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        # As Python writes it: `{'whatsapp': False}`.
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _walk(name: str, value: Any, depth: int) -> Iterator[Leaf]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        about = " ".join([name, *_named(value)])[:_LONGEST_NAME]
        for key, each in value.items():
            yield from _walk(f"{about} {_text(key)}".strip()[:_LONGEST_NAME], each, depth + 1)
    elif isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        if name:
            yield name, ", ".join(map(_text, value))
    elif isinstance(value, list):
        for each in value:
            yield from _walk(name, each, depth + 1)
    elif name:
        yield name, _text(value)


def _named(value: dict[Any, Any]) -> Iterator[str]:
    """What an object is called, and the channel that it is of."""
    for key, each in value.items():
        if not isinstance(each, str) or len(each) > _REMEMBERED:
            continue
        said = words(each)
        is_channel = any(CHANNELS[channel].found(said) for channel in ("whatsapp", "phone", "other"))
        if len(said) <= _FEW and (is_channel or _text(key).lower() in _NAMING):
            yield each


_FEW = 5


def _text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return str(value).lower() if isinstance(value, bool) else str(value)
    except ValueError:
        # A number of more digits than Python writes, `0xfff…`: what stands beside it counts still.
        return ""


def _pairs(cell: str) -> tuple[Leaf, ...]:
    """`whatsapp: no; email: yes`; each part has to be one."""
    parts = [part for part in _PAIRS.split(cell) if part.strip(" {}[]")]
    found = [_pair(part) for part in parts[:_MOST]]
    return tuple(each for each in found if each) if all(found) else ()


def _pair(part: str) -> Leaf | None:
    """The two sides are cut by hand: one expression for all would try each blank of a long cell with each."""
    before, *behind = _BETWEEN.split(part, maxsplit=1)
    if not behind:
        return None
    name = before.strip().lstrip("\"'{")
    name = name[:-1] if name.endswith(_QUOTES) else name
    value = behind[0].strip()
    value = (value[1:] if value.startswith(_QUOTES) else value).rstrip("\"'}")
    return (name.strip(), value.strip()) if _NAME.fullmatch(name) and _VALUE.fullmatch(value) else None
