"""The folders of the gateway: the same files for every noun, and the servicers above them.

That no two folders import each other is a contract of pyproject.toml.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GATEWAY = ROOT / "gateway"
SHAPE = {"model.py", "check.py", "convert.py", "preconditions.py", "store.py", "queries.sql"}


def room(path: Path) -> str:
    """The folder of the gateway that a file stands in; the file itself at the root."""
    parts = path.relative_to(GATEWAY).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(path: Path) -> set[Path]:
    """The files of the gateway that a file imports, for types alone or not."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gateway":
            base = ROOT.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                inside = base / alias.name
                target = inside if inside.is_dir() or inside.with_suffix(".py").exists() else base
                found.add(target / "__init__.py" if target.is_dir() else target.with_suffix(".py"))
    return found


def imports_between_rooms() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for path in GATEWAY.rglob("*.py"):
        mine = room(path)
        graph.setdefault(mine, set()).update(room(each) for each in imported(path))
    return {mine: theirs - {mine} for mine, theirs in graph.items()}


@pytest.mark.parametrize("noun", ["accounts", "campaigns", "devices", "sequences"])
def test_every_noun_that_callers_change_has_the_same_files(noun):
    assert {path.name for path in (GATEWAY / noun).iterdir()} >= SHAPE
    assert (GATEWAY / "api" / f"{noun}.py").exists()


def test_nothing_below_the_servicers_imports_them():
    above = {"api", "process", "__main__"}
    assert [
        name for name, theirs in imports_between_rooms().items() if "api" in theirs and name not in above
    ] == []
