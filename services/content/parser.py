r"""From text to tree: spintax, variables and escapes.

    {Hi|Hello|{Hey|Hai}}    a choice, nested to a depth of 10
    {attr.city|your town}   a variable with its default; `variables` says what tells the two apart
    \{  \|  \}  \\          the character itself; any other backslash is a backslash

Outside braces a `|` is a `|`. One pass with a stack of its own, so the time is linear in the text and no
depth of braces can overflow anything.
"""

import re
from dataclasses import dataclass, field

from services.content.source import Source
from services.content.tree import Choice, Node, Nodes, Text, Variable, ways
from services.content.variables import KNOWN, is_nearly, is_variable

MAX_DEPTH = 10
MAX_WAYS = 10_000

_MARK = re.compile(r"\\[{}|\\]|[{}|]")
_SPECIAL = re.compile(r"[{}|]|\\(?=[{}|\\]|\Z)")


def escape(text: str) -> str:
    """The template that renders as this text, which is taken to be clean."""
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def parse(source: Source) -> Nodes:
    """Raises `TemplateError` for a text that is no template."""
    text = source.text
    stack = [_Group(0, 0)]
    at = 0
    for mark in _MARK.finditer(text):
        stack[-1].pieces.append(text[at : mark.start()])
        at = mark.end()
        sign = mark[0]
        if sign == "{":
            _open(source, stack, mark.start())
        elif sign == "}":
            _close(source, stack, mark.start())
        elif sign == "|" and len(stack) > 1:
            stack[-1].next_alternative(source, mark.start())
        else:
            stack[-1].pieces.append(sign[-1])
    if len(stack) > 1:
        raise source.error(
            stack[-1].at, r"this brace is never closed; close it with '}', or write \{ for a brace"
        )
    stack[0].pieces.append(text[at:])
    return stack[0].nodes()


@dataclass(slots=True)
class _Group:
    """A group whose end has not come; the outermost stands for the whole text."""

    at: int
    begin: int  # of the alternative being read
    first: str = ""  # the first alternative as written
    alternatives: list[Nodes] = field(default_factory=list)
    done: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def nodes(self) -> Nodes:
        """The nodes read since the last `|`."""
        self.flush()
        nodes = tuple(self.done)
        self.done.clear()
        return nodes

    def flush(self) -> None:
        """The pieces of text so far become one node."""
        if text := "".join(self.pieces):
            self.done.append(Text(text))
        self.pieces.clear()

    def next_alternative(self, source: Source, end: int) -> None:
        """Ends the alternative being read; raises `TemplateError` when there is nothing in it."""
        if not self.alternatives:
            self.first = source.text[self.begin : end]
        nodes = self.nodes()
        if not nodes:
            raise source.error(self.begin, "an empty alternative; write a word, or take one '|' away")
        self.alternatives.append(nodes)
        self.begin = end + 1


def _open(source: Source, stack: list[_Group], at: int) -> None:
    if len(stack) > MAX_DEPTH:
        raise source.error(at, f"braces are nested deeper than {MAX_DEPTH}; write the text with fewer levels")
    stack.append(_Group(at, at + 1))


def _close(source: Source, stack: list[_Group], at: int) -> None:
    if len(stack) == 1:
        raise source.error(at, r"this brace was never opened; open it with '{', or write \} for a brace")
    group = stack.pop()
    if at == group.at + 1:
        raise source.error(group.at, f"nothing between the braces; variables are {KNOWN}")
    group.next_alternative(source, at)
    stack[-1].flush()
    stack[-1].done.append(_node(source, group, at))


def _node(source: Source, group: _Group, end: int) -> Node:
    """The finished group: a variable or a choice."""
    if is_variable(group.first):
        return _variable(source, group)
    if is_nearly(group.first) or len(group.alternatives) == 1:
        raise source.error(group.at, _no_variable(group))
    choice = Choice(tuple(group.alternatives), group.at, end)
    if ways((choice,), MAX_WAYS + 1) > MAX_WAYS:
        raise source.error(
            group.at, f"more than {MAX_WAYS:,} combinations in one group; split it, or shorten it"
        )
    return choice


def _variable(source: Source, group: _Group) -> Variable:
    others = group.alternatives[1:]
    if len(others) > 1:
        remedy = f"to choose among words, write {{{{{group.first}}}|…|…}}"
        raise source.error(group.at, f"{{{group.first}}} takes one default; {remedy}")
    return Variable(group.first, others[0] if others else None)


def _no_variable(group: _Group) -> str:
    shown = group.first if len(group.first) <= 40 else group.first[:40] + "…"  # noqa: PLR2004 - to be read
    if is_nearly(group.first):
        return f"unknown variable '{{{shown}}}'; use {KNOWN}, KEY in small letters, digits and _"
    return f"'{{{shown}}}' is no variable, and no choice of two; use {KNOWN}, or a '|' between alternatives"
