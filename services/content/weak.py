"""Where another alternative helps most: sentences that always read the same, then the smallest groups."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.content.characters import has_letter
from services.content.spread import spread
from services.content.template import Template
from services.content.tree import Choice

_MARK = re.compile(r"\\[{}|\\]|[{}]|[.!?…](?=\s|\Z)|[。！？\n]")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Weak:
    """A place in the body: a sentence without a choice (`texts` is 1), or a group of few alternatives.

    `texts` is the number of equally likely alternatives that would vary as much.
    """

    line: int
    column: int
    texts: float

    @property
    def is_sentence(self) -> bool:
        """Whether there is no group in it yet."""
        return self.texts == 1.0


def weakest(template: Template) -> tuple[Weak, ...]:
    """Up to three places, the weakest first; of equals, in the order of the text."""
    groups = {node.at: 1 / spread((node,)).same for node in template.nodes if isinstance(node, Choice)}
    places = [(1.0, at) for at in _plain_sentences(template, set(groups))]
    places += [(texts, at) for at, texts in groups.items()]
    return tuple(Weak(*template.source.place(at), texts) for texts, at in sorted(places)[:_SHOWN])


def _plain_sentences(template: Template, groups: set[int]) -> Iterator[int]:
    """Where sentences begin that have words and no choice."""
    text = template.source.text
    for begin, end, has_choice in _sentences(text, groups):
        if not has_choice and has_letter(text[begin:end]):
            yield begin + len(text[begin:end]) - len(text[begin:end].lstrip())


def _sentences(text: str, groups: set[int]) -> Iterator[tuple[int, int, bool]]:
    begin, depth, has_choice = 0, 0, False
    for mark in _MARK.finditer(text):
        sign = mark[0]
        if sign == "{":
            has_choice |= mark.start() in groups
            depth += 1
        elif sign == "}":
            depth -= 1
        elif not depth and sign[0] != "\\":
            yield begin, mark.end(), has_choice
            begin, has_choice = mark.end(), False
    yield begin, len(text), has_choice
