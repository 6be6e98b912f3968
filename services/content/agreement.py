"""How often two texts drawn from trees are the same, and how many texts trees have in common.

Trees here are resolved: variables are text already. Two draws of one tree agree with the sum of p² over
its texts, and the texts that a tree has in common with itself are all of its texts. Everything is one
walk: alternatives are paired with their equals, or, between a greeting and the same greeting in the other
case, with the one in their place.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from services.content.program import NOTHING
from services.content.tree import Choice, Node, Nodes, Text, Variable


class Overlap(NamedTuple):
    """Of two trees: the chance that a draw of each is the same text, and the number of common texts."""

    chance: float
    texts: int


SAME = Overlap(1.0, 1)
NONE = Overlap(0.0, 0)


def resolved(nodes: Nodes, values: Mapping[str, str], instead: Mapping[str, str]) -> Nodes:
    """The tree for one lead: variables replaced as `program.run` does, neighbouring texts joined."""
    found: list[Node] = []
    for node in nodes:
        for each in _resolved(node, values, instead):
            if isinstance(each, Text) and found and isinstance(found[-1], Text):
                each = Text(found.pop().text + each.text)  # type: ignore[union-attr]  # noqa: PLW2901
            found.append(each)
    return tuple(found)


def overlap(a: Nodes, b: Nodes) -> Overlap:
    """Of two trees that are equal or of the same build; others are taken to have nothing in common."""
    if len(a) != len(b):
        return NONE
    chance, texts = SAME
    for one, other in zip(a, b, strict=True):
        if isinstance(one, Choice) and isinstance(other, Choice):
            both = _of_choices(one, other)
            chance, texts = chance * both.chance, texts * both.texts
        elif one != other:
            return NONE
    return Overlap(chance, texts)


def shares(choice: Choice) -> dict[Nodes, float]:
    """The distinct alternatives, each with its probability."""
    total = len(choice.alternatives)
    return {each: count / total for each, count in Counter(choice.alternatives).items()}


def _of_choices(a: Choice, b: Choice) -> Overlap:
    mine, yours = shares(a), shares(b)
    chance, texts = 0.0, 0
    for at, (each, share) in enumerate(mine.items()):
        partner = each if each in yours else b.alternatives[min(at, len(b.alternatives) - 1)]
        both = overlap(each, partner)
        chance += share * yours[partner] * both.chance
        texts += both.texts
    return Overlap(chance, texts)


def _resolved(node: Node, values: Mapping[str, str], instead: Mapping[str, str]) -> Nodes:
    if isinstance(node, Variable):
        value = values.get(node.key)
        if value is None and node.default is not None:
            return resolved(node.default, values, instead)
        return (Text(value or instead.get(node.key) or NOTHING),)
    if isinstance(node, Choice):
        alternatives = tuple(resolved(each, values, instead) for each in node.alternatives)
        return (Choice(alternatives, node.at, node.end),)
    return (node,)
