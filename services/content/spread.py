"""How many texts a tree makes, and how often two draws of it are the same.

Trees here are resolved: variables are text already. Two draws are the same with the sum of p² over the
texts, which is a product along a sequence and a weighted sum over alternatives, so it takes one walk.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.content.program import NOTHING
from services.content.tree import Choice, Node, Nodes, Text, Variable


class Spread(NamedTuple):
    """The chance that two draws are the same text, and the number of texts."""

    same: float
    texts: int

    def __and__(self, other: "Spread") -> "Spread":
        """One after the other."""
        return Spread(self.same * other.same, self.texts * other.texts)

    def __or__(self, other: "Spread") -> "Spread":
        """Either, which have no text in common; their shares are in `same` already."""
        return Spread(self.same + other.same, self.texts + other.texts)

    def weighted(self, share: float) -> "Spread":
        """As an alternative that is drawn with this probability."""
        return Spread(self.same * share**2, self.texts)


ONE = Spread(1.0, 1)
NONE = Spread(0.0, 0)


def resolved(nodes: Nodes, values: Mapping[str, str], instead: Mapping[str, str]) -> Nodes:
    """The tree for one lead: variables replaced as `program.run` does."""
    return _joined(each for node in nodes for each in _resolved(node, values, instead))


def spread(nodes: Nodes) -> Spread:
    """Computes the spread of a whole tree, as if different alternatives made different texts."""
    found = ONE
    for node in nodes:
        if isinstance(node, Choice):
            one = NONE
            for each, share in shares(node).items():
                one |= spread(each).weighted(share)
            found &= one
    return found


def shares(choice: Choice) -> dict[Nodes, float]:
    """The distinct alternatives, each with its probability."""
    total = len(choice.alternatives)
    return {each: count / total for each, count in Counter(choice.alternatives).items()}


def openers(nodes: Nodes) -> Iterator[tuple[Nodes, float]]:
    """The tree as one for each beginning, with its probability: none of them begins with a choice."""
    if not nodes or not isinstance(nodes[0], Choice):
        yield nodes, 1.0
        return
    for each, share in shares(nodes[0]).items():
        for opener, of_those in openers(_joined((*each, *nodes[1:]))):
            yield opener, share * of_those


def beginnings(nodes: Nodes) -> int:
    """How many trees `openers` makes, at most."""
    if not nodes or not isinstance(nodes[0], Choice):
        return 1
    return sum(map(beginnings, nodes[0].alternatives))


def _joined(nodes: "Iterator[Node] | Nodes") -> Nodes:
    """With neighbouring texts in one."""
    found: list[Node] = []
    for node in nodes:
        last = found[-1] if found else None
        if isinstance(node, Text) and isinstance(last, Text):
            found[-1] = Text(last.text + node.text)
        else:
            found.append(node)
    return tuple(found)


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
