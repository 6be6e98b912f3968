"""A text with spintax and variables, parsed once and rendered often."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from services.content.errors import TemplateError
from services.content.hygiene import clean
from services.content.parser import parse
from services.content.program import Program, compiled, keys, run
from services.content.source import Source
from services.content.tree import Nodes

__all__ = ["Template", "TemplateError"]


@dataclass(frozen=True)
class Template:
    """Immutable: what the author wrote, and the tree of it. Keep it: to parse costs more than to render."""

    source: Source
    nodes: Nodes

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Raises `TemplateError`, which tells line, column and remedy. Linear in the text."""
        source = Source(text)
        return cls(source, parse(source))

    @cached_property
    def variables(self) -> frozenset[str]:
        """The variables used, as written between the braces: `name`, `first_name`, `attr.city`."""
        return keys(self.nodes)

    @cached_property
    def program(self) -> Program:
        """What `program.run` takes."""
        return compiled(self.nodes)

    def render(self, name: str, attributes: Mapping[str, str]) -> str:
        """The plain text: the first alternative of each group, no greeting, no variation.

        What a lead gets is rendered by `Wording`.
        """
        values = {f"attr.{key}": clean(value) for key, value in attributes.items() if value}
        if name:
            values["name"] = values["first_name"] = clean(name)
        return run(self.program, values, {}, repeat(0))
