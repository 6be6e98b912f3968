"""A YAML file as its author wrote it: each value with its place, and every complaint with line and field.

Values are read as they are written: `no` is the text `no`, `21:00` no number. PyYAML is asked for the tree of
nodes only and makes no objects of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from services.runtime.errors import InvalidArgument, Violation

Node = yaml.Node

_NULL = "tag:yaml.org,2002:null"
_IN_TEXT = re.compile(r"line ([0-9]+), column ([0-9]+): ")
_QUOTE = "; a text with signs of YAML in it, such as { or a colon, stands in quotation marks or a block (|)"
# As YAML counts lines.
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, order=True)
class Place:
    """From 1; columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One thing that is wrong with a file: its place, its field, and the text with the remedy."""

    place: Place
    field: str
    text: str


class FileRefused(InvalidArgument):
    """A file that cannot be taken, with every diagnostic and its place."""

    def __init__(self, file: str, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__([_violation(file, each) for each in sorted(set(diagnostics))])


@dataclass
class Reader:
    """Reads one file; `diagnostics` collects what is wrong, and `refuse` raises all of it at once."""

    file: str
    text: str
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> "Reader":
        """Raises `FileRefused` for what is not UTF-8, and `OSError`."""
        raw = path.read_bytes()
        try:
            return cls(str(path), raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise FileRefused(
                str(path), [Diagnostic(Place(line, 1), "", "is not UTF-8; save the file as such")]
            ) from None

    def refuse(self) -> None:
        """Raises `FileRefused` when anything was wrong so far."""
        if self.diagnostics:
            raise FileRefused(self.file, self.diagnostics)

    def root(self) -> Node:
        """The file's one document. Raises `FileRefused` for what is no YAML, or empty."""
        try:
            documents = list(yaml.compose_all(self.text, yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            place = _place(error.problem_mark or error.context_mark)
            text = ", ".join(each for each in (error.problem, error.context) if each)
            raise FileRefused(self.file, [Diagnostic(place, "", f"is no YAML: {text}{_QUOTE}")]) from None
        except yaml.reader.ReaderError as error:
            before = self.text[: error.position]
            place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
            text = f"has a character that YAML does not allow: U+{error.character:04X}; remove it"
            raise FileRefused(self.file, [Diagnostic(place, "", text)]) from None
        except RecursionError:
            raise FileRefused(self.file, [Diagnostic(Place(1, 1), "", "is nested too deeply")]) from None
        if len(documents) > 1:
            text = "begins a second document; put everything into the first"
            self.add(documents[1], "", text)
        if not documents:
            self.diagnostics.append(Diagnostic(Place(1, 1), "", "is empty"))
        self.refuse()
        return documents[0]

    def add(self, node: Node, name: str, text: str) -> None:
        """A diagnostic at a node."""
        self.diagnostics.append(Diagnostic(_place(node.start_mark), name, text))

    def mapping(self, node: Node, name: str, known: Sequence[str]) -> dict[str, Node]:
        """The values by key; `name` is that of the mapping, empty at the top."""
        if not isinstance(node, yaml.MappingNode):
            self.add(node, name, f"must be `key: value` lines; the keys are {', '.join(known)}")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in known:
                text = f"there is no such field; use {', '.join(known)}"
                self.add(key, str(getattr(key, "value", name))[:40], text)
            elif key.value in found:
                self.add(key, key.value, "stands here a second time; keep one of them")
            else:
                found[key.value] = value
        return found

    def items(self, node: Node, name: str) -> list[Node]:
        """The items of a list."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.add(node, name, "must be a list: each item on lines of its own, the first beginning with `- `")
        return []

    def words(self, node: Node, name: str) -> str:
        """A text, as it is written; of a block (`|`, `>`) without the end of its last line."""
        if not isinstance(node, yaml.ScalarNode):
            self.add(node, name, f"must be a text{_QUOTE}")
            return ""
        return str(node.value).removesuffix("\n") if node.style in ("|", ">") else str(node.value)

    def choice(self, node: Node, name: str, choices: Sequence[str]) -> str:
        """One of some words; the first of them when it is none."""
        word = self.words(node, name)
        if word not in choices:
            self.add(node, name, f"{word[:40]!r} is not one of {', '.join(choices)}")
            return choices[0]
        return word

    def number(self, node: Node, name: str) -> float:
        """Zero when it is none."""
        try:
            return float(self.words(node, name))
        except ValueError:
            self.add(node, name, "must be a number")
            return 0.0

    def diagnostic(self, node: Node, name: str, text: str) -> Diagnostic:
        """At a node, or at the place in the node that the text names (`line 1, column 5: `)."""
        found = _IN_TEXT.match(text)
        place = found and self._within(node, int(found[1]), int(found[2]))
        if found and place:
            return Diagnostic(place, name, text[found.end() :])
        return Diagnostic(_place(node.start_mark), name, text)

    def _within(self, node: Node, line: int, column: int) -> Place | None:
        """The place in the file of a place in a text; None where there is none."""
        if not isinstance(node, yaml.ScalarNode):
            return None
        texts = str(node.value).split("\n")
        lines = _BREAK.split(self.text)
        at = node.start_mark.line + (line if node.style == "|" else line - 1)
        if line > len(texts) or at >= len(lines) or node.style == ">":
            return None
        if node.style == "|":
            indent = len(lines[at]) - len(texts[line - 1])
            return Place(at + 1, indent + column) if lines[at].endswith(texts[line - 1]) else None
        begin = node.start_mark.column + (node.style is not None)
        is_plain = line == 1 and lines[at][begin:].startswith(texts[0])
        return Place(at + 1, begin + column) if is_plain else None


def is_null(node: Node) -> bool:
    """Nothing, `null` or `~`."""
    return bool(node.tag == _NULL)


def _violation(file: str, diagnostic: Diagnostic) -> Violation:
    at = f"{file}:{diagnostic.place.line}:{diagnostic.place.column}"
    return Violation(f"{at}: {diagnostic.field}" if diagnostic.field else at, diagnostic.text)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
