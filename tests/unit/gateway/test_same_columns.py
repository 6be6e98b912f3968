"""Statements that read the same thing, one or a page of it, read the same columns in the same way."""

from pathlib import Path

import pytest

import gateway
from services.runtime.queries import Queries


def head(noun: str, name: str, end: str) -> str:
    """A statement up to its first line that begins with this word, without comments."""
    text = Queries(Path(gateway.__file__).parent / noun / "queries.sql").statements[name]
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines[: next(at for at, line in enumerate(lines) if line.startswith(end))])


@pytest.mark.parametrize(
    ("noun", "names", "end"),
    [
        ("campaigns", ("get", "list"), "WHERE"),
        ("sequences", ("get", "list"), "WHERE"),
        ("devices", ("read_many", "list"), "FROM"),
        ("messages", ("get", "list_of_lead"), "WHERE"),
        ("messages", ("get", "list_of_enrollments"), "FROM"),
    ],
)
def test_one_and_a_page_are_read_alike(noun, names, end):
    first, *others = (head(noun, name, end) for name in names)
    assert first.startswith("SELECT")
    assert others == [first] * len(others)
