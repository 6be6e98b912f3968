"""A parsed template: literal text, variables, and choices among alternatives."""

from __future__ import annotations

from dataclasses import dataclass, field

Nodes = tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they stand; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """The lead's own: `name`, `first_name` or `attr.KEY`; `default` stands in when there is none."""

    key: str
    default: Nodes | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two or more alternatives, all equally likely; `at` and `end` are its braces' places."""

    alternatives: tuple[Nodes, ...]
    at: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


Node = Text | Variable | Choice


def literal(text: str) -> Nodes:
    """The nodes of a plain text."""
    return (Text(text),) if text else ()


def ways(nodes: Nodes, limit: int) -> int:
    """How many texts the nodes can make, counted up to `limit`, for leads who have every variable."""
    product = 1
    for node in nodes:
        if isinstance(node, Choice):
            product = min(limit, product * sum(ways(each, limit) for each in node.alternatives))
    return product
