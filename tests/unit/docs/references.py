"""Finds the names in a document that the repository does not have.

Checked are paths, links, make targets with their variables, `kompang` commands with their options, modules,
environment variables, scopes, names of protos and classes with their members, and every other identifier in a
code span, which must be a word of the code. Not checked are prose, values and examples of texts.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from tests.unit.docs.markdown import Piece, anchors, pieces
from tests.unit.docs.repository import ROOT, Repository, options_of

_SUFFIXES = (".py", ".sql", ".md", ".toml", ".proto", ".txt")
_VARIABLE = re.compile(r"\b(?:KOMPANG|DEMO|DAY|UP|POSTGRES|REDIS|CONSUL)_[A-Z][A-Z_]*[A-Z]\b")
_PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]*)*")
_CAMEL = re.compile(r"(?:[A-Z][a-z]+){2,}")
_MEMBER = re.compile(r"([A-Z][A-Za-z]+)\.(\w+)")
_COLUMN = re.compile(r"([a-z_]+)\.([a-z_]+)")
_SNAKE = re.compile(r"([A-Za-z]\w*_\w+)(?:\(.*\))?|([a-z]\w{2,})\(\)")
_ASSIGNED = re.compile(r"[A-Z]+=\S*")
# Where the Makefile and the tests put what they make; not committed.
_MADE = (".cache", ".run", ".venv")


def faults(path: Path, text: str, repository: Repository) -> list[str]:
    """Each name that does not exist, as `file:line: name: reason`."""
    found = [
        f"{path.name}:{piece.line}: {piece.text}: {reason}"
        for piece in pieces(text)
        for reason in _Checker(path, repository, piece).reasons()
    ]
    known = repository.settings | repository.variables
    return found + [
        f"{path.name}:{number}: {name}: no such environment variable"
        for number, line in enumerate(text.splitlines(), 1)
        for name in _VARIABLE.findall(line)
        if name not in known
    ]


class _Checker:
    """Checks one piece of a document."""

    def __init__(self, path: Path, repository: Repository, piece: Piece) -> None:
        self._path = path
        self._repository = repository
        self._piece = piece

    def reasons(self) -> Iterator[str]:
        """Why the piece is wrong; nothing when it is right, or names nothing."""
        match self._piece.kind:
            case "link":
                yield from self._link(self._piece.text)
            case "line":
                yield from self._line(self._piece.text)
            case _:
                yield from self._span(re.sub(r"<\w+>", "*", self._piece.text.replace("\\|", "|")))

    def _link(self, target: str) -> Iterator[str]:
        if target.startswith("https://"):
            return
        name, _, anchor = target.partition("#")
        file = self._path.parent / name if name else self._path
        if not file.exists():
            yield "no such file"
        elif anchor and anchor not in anchors(file.read_text()):
            yield "no such heading"

    def _line(self, line: str) -> Iterator[str]:
        command = line.strip().removeprefix("$ ").partition("  #")[0].rstrip(" |")
        if _is_command(command):
            yield from self._command(command)
        elif found := re.match(r"((?:[\w.*-]+/[\w.*/-]*)(?:, [\w.*-]+/[\w.*/-]*)*)(?:  |$)", line):
            for path in found[1].split(", "):
                yield from self._existing(path)

    def _span(self, text: str) -> Iterator[str]:
        repository = self._repository
        if _is_command(text) or text == "kompang":
            yield from self._command(text)
        elif text.startswith("--"):
            if text.split(maxsplit=1)[0] not in repository.options:
                yield "no such option of kompang"
        elif " " in text and text[: text.index(" ")] in repository.command.commands:
            yield from self._kompang(text.split())
        elif text in repository.scopes or text in repository.packages:
            return
        elif self._is_path(text):
            yield from self._existing(text)
        elif re.fullmatch(r"(?:services|shardhost|gateway|infra|tests)(?:\.\w+)+", text):
            if not repository.is_module(text):
                yield "no such module"
        else:
            yield from self._identifier(text)

    def _identifier(self, text: str) -> Iterator[str]:
        repository = self._repository
        if found := _MEMBER.fullmatch(text):
            members = repository.protos.get(found[1], frozenset()) | repository.members(found[1])
            if found[2] not in members and not text.startswith("google."):
                yield f"no {found[2]} in {found[1]}"
        elif _CAMEL.fullmatch(text):
            if text not in repository.protos and text not in repository.methods | repository.classes:
                yield "no such message, method, service or class"
        elif found := _COLUMN.fullmatch(text):
            if f"{found[1]}.read" in repository.scopes:
                yield "no such scope"
            elif found[1] in repository.tables and found[2] not in repository.words:
                yield "no such column"
        elif found := _SNAKE.fullmatch(text):
            if (found[1] or found[2]) not in repository.words | repository.settings:
                yield "no such identifier"
        elif re.fullmatch(r"[a-z][a-z0-9]{2,}", text) and text not in repository.words:
            yield "no such word in the code"

    def _command(self, text: str) -> Iterator[str]:
        words = _split(text)
        assigned = []
        while words and _ASSIGNED.fullmatch(words[0]):
            assigned.append(words.pop(0))
        match words:
            case ["make", *arguments]:
                yield from self._make([*assigned, *arguments])
            case ["kompang", *arguments]:
                yield from self._kompang(arguments)
            case [("python" | ".venv/bin/python"), "-m", module, *_]:
                if not self._repository.is_module(module):
                    yield "no such module"
            case _:
                pass

    def _make(self, words: list[str]) -> Iterator[str]:
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                if name not in self._repository.targets:
                    yield f"no make target {name}"
            elif name not in self._repository.variables:
                yield f"nothing reads {name}"
            elif name == "BENCH":
                yield from (
                    f"no benchmark {each}" for each in value.split(",") if each not in Repository.benches
                )
            elif name == "ROWS":
                yield from (
                    f"no row {each}" for each in value.split(",") if int(each) not in Repository.fault_rows
                )
            elif name == "PYTEST" and not (ROOT / value.split()[0]).exists():
                yield f"no tests in {value.split()[0]}"

    def _kompang(self, words: list[str]) -> Iterator[str]:
        command: Any = self._repository.command
        rest = list(words)
        while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
            name = rest.pop(0)
            if name in ("…", "|", ">"):
                return
            if name not in command.commands:
                yield f"no command {name}"
                return
            command = command.commands[name]
        for word in rest:
            option = word.strip("[]").partition("=")[0]
            if option in ("|", ">"):
                return
            if option.startswith("--") and option not in options_of(command):
                yield f"no option {option}"

    def _is_path(self, text: str) -> bool:
        if not _PATH.fullmatch(text) or text.startswith(_MADE):
            return False
        top = text.partition("/")[0]
        known = "/" in text and ((ROOT / top).is_dir() or text.endswith("/"))
        return known or text.endswith(_SUFFIXES)

    def _existing(self, path: str) -> Iterator[str]:
        folders = (ROOT, self._path.parent, *_named_folders(self._piece.section))
        if path not in self._repository.usual_names and not self._repository.exists(path, folders):
            yield "no such file or folder"


@cache
def _named_folders(section: str) -> tuple[Path, ...]:
    """Folders that a section names: its bare file names stand for files in them."""
    named = [ROOT / name for name in re.findall(r"`([\w./-]+)`", section) if "/" in name]
    return tuple(path if path.is_dir() else path.parent for path in named if path.exists())


def _is_command(text: str) -> bool:
    return bool(re.match(r"(?:[A-Z]+=\S* )*(?:make|kompang|python -m|\.venv/bin/python -m)(?: |$)", text))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
