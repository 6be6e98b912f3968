"""The metrics of the product, read from the calls that make and use their instruments."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.reference.table import table

ROOT = Path(__file__).parents[2]
_PARTS = ("gateway", "services", "shardhost")
_MAKE = {
    "create_counter": "counter",
    "create_gauge": "gauge",
    "create_histogram": "histogram",
    "create_up_down_counter": "up-down counter",
    "create_observable_counter": "counter",
    "create_observable_gauge": "gauge",
    "create_observable_up_down_counter": "up-down counter",
}
_USE = ("add", "set", "record")


@dataclass(frozen=True)
class Instrument:
    """`variable`: what its module calls it; `attributes`: the names of what divides it into series."""

    name: str
    kind: str
    unit: str
    description: str
    module: str
    variable: str
    attributes: tuple[str, ...]


def instruments(root: Path = ROOT) -> list[Instrument]:
    """Every one, by name."""
    files = (path for part in _PARTS for path in sorted((root / part).rglob("*.py")))
    found = [each for path in files for each in in_module(path.read_text(), _module(path, root))]
    return sorted(found, key=lambda each: each.name)


def in_module(text: str, module: str) -> Iterator[Instrument]:
    """Those that a source makes. Raises `ValueError` where a name, unit or attribute is no plain text."""
    if not any(make in text for make in _MAKE):
        return
    tree = ast.parse(text)
    for node in ast.walk(tree):
        made = node.value if isinstance(node, ast.Assign) else None
        if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Attribute):
            continue
        if (kind := _MAKE.get(made.func.attr)) is None or not isinstance(node, ast.Assign):
            continue
        variable = ast.unparse(node.targets[0])
        said = {each.arg: _plain(each.value, module) for each in made.keywords}
        yield Instrument(
            _plain(made.args[0], module),
            kind,
            said.get("unit", ""),
            said.get("description", ""),
            module,
            variable,
            tuple(sorted(set(_attributes(tree, variable, module)))),
        )


def _attributes(tree: ast.Module, variable: str, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in _USE and ast.unparse(node.func.value) == variable:
            by_name = (each.value for each in node.keywords if each.arg == "attributes")
            for given in (*node.args[1:2], *by_name):
                keys = given.keys if isinstance(given, ast.Dict) else [None]
                yield from (_plain(key, module) for key in keys)


def _plain(node: ast.expr | None, module: str) -> str:
    text = node.value if isinstance(node, ast.Constant) else None
    if isinstance(text, str):
        return text
    raise ValueError(f"{module}: write names, units and attributes of instruments as plain texts")


def _module(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def document() -> str:
    """The table of docs/metrics.md."""
    rows = [
        (f"`{each.name}`", each.kind, f"`{each.unit}`", ", ".join(f"`{key}`" for key in each.attributes),
         each.description, f"`{each.module.replace('.', '/')}.py`")
        for each in instruments()
    ]  # fmt: skip
    return table(("metric", "kind", "unit", "attributes", "what is counted", "made in"), rows)
