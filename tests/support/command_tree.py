"""The commands of `kompang`, as typer has them."""

from collections.abc import Iterator

import typer.main
from typer.core import TyperCommand, TyperGroup

from gateway.cli.app import app

Path = tuple[str, ...]

ROOT = typer.main.get_command(app)


def _below(command: object, path: Path = ()) -> Iterator[tuple[Path, TyperCommand | TyperGroup]]:
    for name, one in getattr(command, "commands", {}).items():
        yield (*path, name), one
        yield from _below(one, (*path, name))


LEAVES = {path: one for path, one in _below(ROOT) if not hasattr(one, "commands")}
"""Every command that does something, by its words."""

GROUPS = {path: one for path, one in _below(ROOT) if hasattr(one, "commands")}
