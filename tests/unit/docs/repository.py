"""What the repository has: files, make targets, commands, variables, protos, and the words of its code."""

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
import typer.main
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.rpc import error_details_pb2, status_pb2
from typer.core import TyperGroup

from gateway.auth.scopes import SCOPES
from gateway.cli.app import app
from services.runtime.settings import Settings
from tests.bench.__main__ import BENCHES
from tests.faults.table import ROWS

ROOT = Path(__file__).resolve().parents[3]
CODE = ("services", "shardhost", "gateway", "infra", "tests")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FEW = 2
_COMMENT = re.compile(r"(?m)#.*$")
_DOCSTRING = re.compile(r'(?ms)^\s*"""(?!\\).*?"""')
_READERS = frozenset({"environ", "getenv"})


class Repository:
    """The repository at `ROOT`; everything is read once."""

    benches = frozenset(BENCHES)
    fault_rows = frozenset(row.number for row in ROWS)
    scopes = frozenset(SCOPES)

    @cached_property
    def makefile(self) -> str:
        """The text of the Makefile."""
        return (ROOT / "Makefile").read_text()

    @cached_property
    def targets(self) -> frozenset[str]:
        """The make targets."""
        return frozenset(re.findall(r"(?m)^([a-z][a-z-]*):", self.makefile))

    @cached_property
    def command(self) -> TyperGroup:
        """The `kompang` command."""
        command = typer.main.get_command(app)
        assert isinstance(command, TyperGroup)
        return command

    @cached_property
    def options(self) -> frozenset[str]:
        """Every option of every `kompang` command."""
        return frozenset(name for command in _commands(self.command) for name in options_of(command))

    @cached_property
    def settings(self) -> frozenset[str]:
        """Every variable that a process or the command reads by its settings."""
        for path in sorted(ROOT.glob("*/**/settings.py")):
            if path.relative_to(ROOT).parts[0] in CODE:
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        kinds = list(_subclasses(Settings))
        names = [
            name
            for kind in kinds
            for name in (*kind.model_fields, *(f"{each}_file" for each in kind.secrets()))
        ]
        fields = [field for kind in kinds for field in kind.model_fields.values()]
        others = {field.validation_alias for field in fields if isinstance(field.validation_alias, str)}
        return frozenset(f"KOMPANG_{name}".upper() for name in names) | others

    @cached_property
    def variables(self) -> frozenset[str]:
        """Every other environment variable that the code, or the Makefile, reads."""
        made = re.findall(r"\$\(([A-Z]+)\)|^([A-Z]+) \?=", self.makefile, re.MULTILINE)
        trees = [ast.parse(text) for text in self._sources if any(name in text for name in _READERS)]
        read = {name for tree in trees for name in _read_variables(tree)}
        return frozenset(name for pair in made for name in pair if name) | frozenset(read)

    @cached_property
    def protos(self) -> dict[str, frozenset[str]]:
        """The members of each message, enum and service, ours and google.rpc's, by its simple name."""
        found: dict[str, frozenset[str]] = {}
        for path in sorted((ROOT / "protos" / "gen" / "kompang").rglob("*_pb2.py")):
            name = ".".join(path.relative_to(ROOT / "protos" / "gen").with_suffix("").parts)
            found.update(_declared(importlib.import_module(name).DESCRIPTOR))
        for module in (error_details_pb2, status_pb2):
            found.update(_declared(module.DESCRIPTOR))
        return found

    @cached_property
    def methods(self) -> frozenset[str]:
        """Methods of services and values of enums."""
        return frozenset(member for members in self.protos.values() for member in members)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The proto packages."""
        folder = ROOT / "protos"
        texts = (path.read_text() for path in (folder / "kompang").rglob("*.proto"))
        return frozenset(found for text in texts for found in re.findall(r"(?m)^package (.+);", text))

    @cached_property
    def classes(self) -> frozenset[str]:
        """The names of the Python classes."""
        return frozenset(name for text in self._sources for name in re.findall(r"(?m)^class (\w+)", text))

    def members(self, name: str) -> set[str]:
        """The fields and methods of every Python class of this name."""
        trees = [ast.parse(text) for text in self._sources if f"class {name}" in text]
        nodes = (node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
        return {member for node in nodes if node.name == name for member in _members(node)}

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables that the migrations leave, partitions and views left out."""
        text = "\n".join(path.read_text() for path in sorted(self._migrations))
        made = re.findall(r"(?mi)^CREATE TABLE (?:kompang\.)?(\w+)\b(?! PARTITION OF)", text)
        gone = re.findall(r"(?mi)^DROP TABLE (?:kompang\.)?(\w+)", text)
        return frozenset(made) - frozenset(gone)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier of Python, SQL, protos, the Makefile and pyproject.toml, comments left out."""
        found = {"None"}
        for text in self._sources:
            found.update(_WORD.findall(_COMMENT.sub("", _DOCSTRING.sub("", text))))
        for path in (*ROOT.glob("*/**/*.sql"), *(ROOT / "protos" / "kompang").rglob("*.proto")):
            text = re.sub(r"(?m)(--|//).*$", "", path.read_text())
            found.update(_WORD.findall(text))
        for path in (ROOT / "pyproject.toml", ROOT / "Makefile"):
            found.update(_WORD.findall(path.read_text()))
        found |= {status.name for status in grpc.StatusCode}
        return frozenset(found)

    @cached_property
    def usual_names(self) -> frozenset[str]:
        """File names that stand for a kind of file, as `store.py`: several files have them."""
        counts = Counter(path.name for folder in CODE for path in (ROOT / folder).rglob("*.*"))
        return frozenset(name for name, count in counts.items() if count > _FEW)

    def exists(self, path: str, folders: Iterable[Path]) -> bool:
        """Whether a path or a pattern names something below one of the folders."""
        return any(next(folder.glob(path.rstrip("/")), None) is not None for folder in folders)

    def is_module(self, name: str) -> bool:
        """Whether `python -m` finds it, or an import would."""
        path = ROOT.joinpath(*name.split("."))
        return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file() or path.is_dir()

    @cached_property
    def _sources(self) -> list[str]:
        # This folder plants errors: its words prove nothing.
        here = Path(__file__).parent
        paths = (path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py")))
        return [path.read_text() for path in paths if path.parent != here]

    @property
    def _migrations(self) -> Iterable[Path]:
        return (ROOT / "services" / "schema" / "migrations").glob("*.sql")


def options_of(command: Any) -> set[str]:
    """The options of one command, `--help` among them."""
    return {"--help"} | {
        name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
    }


def _commands(command: Any) -> Iterator[Any]:
    yield command
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            yield from _commands(each)


def _subclasses(kind: type[Settings]) -> Iterator[type[Settings]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _subclasses(each)


def _declared(file: FileDescriptor) -> Iterator[tuple[str, frozenset[str]]]:
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for service in proto.service:
        yield service.name, frozenset(method.name for method in service.method)
    for enum in proto.enum_type:
        yield enum.name, frozenset(value.name for value in enum.value)
    for message in proto.message_type:
        yield from _of_message(message)


def _of_message(message: descriptor_pb2.DescriptorProto) -> Iterator[tuple[str, frozenset[str]]]:
    yield message.name, frozenset(field.name for field in message.field)
    for enum in message.enum_type:
        yield enum.name, frozenset(value.name for value in enum.value)
    for nested in message.nested_type:
        yield from _of_message(nested)


def _members(node: ast.ClassDef) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each.name
        elif isinstance(each, ast.AnnAssign | ast.Assign):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _read_variables(tree: ast.Module) -> Iterator[str]:
    """Names that are read from the environment: `environ["X"]`, `environ.get("X")`, `whole(environ, "X")`."""
    for node in ast.walk(tree):
        parts: Iterable[ast.expr] = ()
        if isinstance(node, ast.Call):
            parts = (node.func, *node.args)
        elif isinstance(node, ast.Subscript):
            parts = (node.value, node.slice)
        elif isinstance(node, ast.Compare):
            parts = (node.left, *node.comparators)
        texts = [
            each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if texts and any(_names_environ(each) for each in parts):
            yield from (text for text in texts if re.fullmatch(r"[A-Z][A-Z_]*", text))


def _names_environ(node: ast.expr) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id in _READERS)
        or (isinstance(each, ast.Attribute) and each.attr in _READERS)
        for each in ast.walk(node)
    )
