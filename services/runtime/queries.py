"""Loads the `queries.sql` beside a store: the only way SQL gets into a process."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_HEADER = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


class Queries:
    """The named statements of one file, as attributes.

    A statement starts at its `-- name: claim_due` line and ends at the next one. Raises `ValueError`
    for a file without statements or with a name twice, `AttributeError` for an unknown name.
    """

    def __init__(self, path: Path) -> None:
        parts = _HEADER.split(path.read_text(encoding="utf-8"))
        names = parts[1::2]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{path.name}: needs statements, each under a name of its own")
        self.statements = {
            name: text.strip().rstrip(";") for name, text in zip(names, parts[2::2], strict=True)
        }

    @classmethod
    def beside(cls, module_file: str) -> "Queries":
        """The `queries.sql` in the folder of `module_file` (pass `__file__`)."""
        return cls(Path(module_file).with_name("queries.sql"))

    def __getattr__(self, name: str) -> str:
        try:
            return self.__dict__["statements"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None


def columns(rows: Sequence[object], *names: str) -> list[list[Any]]:
    """The named attributes of many rows, a list each: the array arguments of `unnest($1::int[], …)`.

    The names stand in the order of the statement's parameters, beside the call that binds them.
    """
    return [[getattr(row, name) for row in rows] for name in names]
