"""A tree made flat: rendering walks through it some hundred thousand times a second.

A program is a list of literal strings, slots for variables, and tuples of alternatives; an alternative
that is nothing but text is a string, any other a program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.content.draws import Draws
from services.content.tree import Choice, Nodes, Text, Variable

# Stands where a variable rendered as nothing; clean text holds no such character.
NOTHING = "\0"

# What rendered as nothing, with the spaces around it. Matched whole and decided afterwards, not by looking
# ahead, so that the time is linear.
_GAP = re.compile(r"(?P<gap>(?: ?\0)+)(?P<space> ?)")
_CLOSING = frozenset("\n,.;:!?)،؛؟，。！？；：、）")


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable."""

    key: str
    default: Program | None


Program = list["str | Slot | tuple[str | Program, ...]"]


def compiled(nodes: Nodes) -> Program:
    """The program of a tree."""
    program: Program = []
    for node in nodes:
        if isinstance(node, Text):
            program.append(node.text)
        elif isinstance(node, Variable):
            program.append(Slot(node.key, None if node.default is None else compiled(node.default)))
        else:
            program.append(tuple(_alternative(each) for each in node.alternatives))
    return program


def run(program: Program, values: Mapping[str, str], instead: Mapping[str, str], draws: Draws) -> str:
    """The text for one lead.

    A variable that is not in `values` takes its default, else what `instead` has, else it renders as
    nothing, and the space that it would leave behind goes with it.
    """
    out: list[str] = []
    _fill(program, values, instead, draws, out)
    text = "".join(out)
    if NOTHING in text:
        return _closed(text)
    return text


def _alternative(nodes: Nodes) -> str | Program:
    program = compiled(nodes)
    return program[0] if len(program) == 1 and isinstance(program[0], str) else program


def _fill(
    program: Program, values: Mapping[str, str], instead: Mapping[str, str], draws: Draws, out: list[str]
) -> None:
    for part in program:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, tuple):
            picked = part[next(draws) * len(part) >> 32]
            if isinstance(picked, str):
                out.append(picked)
            else:
                _fill(picked, values, instead, draws, out)
        else:
            value = values.get(part.key)
            if value is not None:
                out.append(value)
            elif part.default is not None:
                _fill(part.default, values, instead, draws, out)
            else:
                out.append(instead.get(part.key) or NOTHING)


def _closed(text: str) -> str:
    """No gap where nothing was rendered: no two spaces, no line begun with one, no comma left hanging."""
    return _GAP.sub(_instead_of, text)


def _instead_of(found: re.Match[str]) -> str:
    text, begin, end = found.string, found.start(), found.end()
    if begin == 0 or text[begin - 1] == "\n":
        return ""
    if found["space"] or end == len(text) or text[end] in _CLOSING:
        return found["space"]
    return " " if " " in found["gap"] else ""


def keys(nodes: Nodes) -> frozenset[str]:
    """The variables used anywhere in a tree."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Variable):
            found |= {node.key} | keys(node.default or ())
        elif isinstance(node, Choice):
            found = found.union(*map(keys, node.alternatives))
    return frozenset(found)
