"""A state or verdict is compared with a member of its enum: a misspelt word would never be equal to one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.campaigns.state import State
from services.message.state import MessageState
from services.message.verdict import Verdict
from services.states import DeviceState, EnrollmentState

ROOT = Path(__file__).parents[3]
WORDS = {str(word) for enum in (MessageState, Verdict, DeviceState, EnrollmentState, State) for word in enum}
ROOMS = ("services", "gateway", "shardhost", "infra")


def bare(source: str) -> Iterator[int]:
    """The lines where something that is called a state or a verdict is compared with a word."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            words = {
                each.value for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)
            }
            if words & WORDS and any(_is_state(side) for side in sides):
                yield node.lineno


def _is_state(side: ast.expr) -> bool:
    match side:
        case ast.Name(name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(str(name))):
            return name.endswith(("state", "verdict"))
    return False


def test_no_state_or_verdict_is_compared_with_a_bare_word() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if "state" in (source := file.read_text()) or "verdict" in source
        for line in bare(source)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source", ['message.state == "pending"', 'row["state"] in ("sent", "read")', '"held" != device_state']
)
def test_a_bare_word_is_found(source: str) -> None:
    assert list(bare(source)) == [1]
