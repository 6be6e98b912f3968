"""Every test function asserts something: one that only runs proves no more than that nothing was raised."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[2]
# A shared helper whose name begins like this asserts, or raises AssertionError when its time is over.
_ASSERTING = ("assert_", "becomes", "until", "eventually", "shows", "refused", "raises")


def asserts_nothing(source: str) -> list[str]:
    """The names of the test functions that assert nothing, neither themselves nor through a helper."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [each for each in ast.walk(ast.parse(source)) if isinstance(each, kinds)]
    tests = [each for each in functions if each.name.startswith("test_")]
    helpers = {each.name for each in functions if each not in tests and _asserts(each, set())}
    return [each.name for each in tests if not _asserts(each, helpers)]


def _asserts(function: ast.AST, helpers: set[str]) -> bool:
    nodes = [*ast.walk(function)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return (
        any(isinstance(node, ast.Assert) for node in nodes)
        or bool(names & helpers)
        or any(name.lstrip("_").startswith(_ASSERTING) for name in names)
    )


def test_every_test_function_asserts_something() -> None:
    silent = [
        f"{path.relative_to(TESTS)}::{name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for name in asserts_nothing(path.read_text())
    ]

    assert silent == []


def test_a_test_that_only_runs_is_found() -> None:
    source = (
        "def runs():\n    f()\n\ndef checks():\n    assert f()\n\n"
        "def test_a():\n    runs()\n\nasync def test_b():\n    assert f()\n\ndef test_c():\n    checks()\n"
    )

    assert asserts_nothing(source) == ["test_a"]
