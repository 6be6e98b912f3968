"""A tree made flat: what rendering walks through, some hundred thousand times a second.

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

# At the start of a line the space after nothing goes; before a space, a line's end or a closing sign the
# space before it; so no two spaces meet and no comma is left hanging. (One class of signs a script.)
_AT_THE_START = re.compile(r"(?:\A|(?<=\n))(?:\0 ?)+")
_BEFORE_A_STOP = re.compile(r"(?: ?\0)+(?=[ \n,.;:!?)،؛؟，。！？；：、]|\Z)")


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
    return _BEFORE_A_STOP.sub("", _AT_THE_START.sub("", text)).replace(NOTHING, "")


def keys(nodes: Nodes) -> frozenset[str]:
    """The variables used anywhere in a tree."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Variable):
            found |= {node.key} | keys(node.default or ())
        elif isinstance(node, Choice):
            found = found.union(*map(keys, node.alternatives))
    return frozenset(found)
