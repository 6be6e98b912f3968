"""The text of a step: words with `{name}` and `{attr.KEY}` in them, parsed once and rendered often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")
_ATTRIBUTE = re.compile(r"attr\.[a-z][a-z0-9_]{0,39}")


class TemplateError(ValueError):
    """A template that cannot be rendered; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Template:
    """A parsed text: literal parts, and between each two of them a variable."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Raises `TemplateError` for an unknown variable or a brace that stands alone."""
        pieces = _VARIABLE.split(text)
        literals, names = tuple(pieces[0::2]), tuple(pieces[1::2])
        at = 0
        for literal, name in zip(literals, (*names, None), strict=True):
            stray = _BRACE.search(literal)
            if stray:
                raise _error(text, at + stray.start(), f"'{stray[0]}' stands alone; a variable is '{{name}}'")
            at += len(literal)
            if name is not None:
                if name != "name" and not _ATTRIBUTE.fullmatch(name):
                    raise _error(text, at, f"unknown variable '{{{name}}}'; use {{name}} or {{attr.KEY}}")
                at += len(name) + 2
        return cls(literals, names)

    @property
    def variables(self) -> frozenset[str]:
        """The variables used, as written between the braces."""
        return frozenset(self.names)

    def render(self, name: str, attributes: Mapping[str, str]) -> str:
        """The text for one lead; an attribute the lead does not have renders as nothing."""
        parts = [self.literals[0]]
        for variable, literal in zip(self.names, self.literals[1:], strict=True):
            value = name if variable == "name" else attributes.get(variable.removeprefix("attr."), "")
            parts += (value, literal)
        return "".join(parts)


def _error(text: str, at: int, message: str) -> TemplateError:
    before = text[:at]
    return TemplateError(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
