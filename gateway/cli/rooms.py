"""Groups whose commands are imported when they are named: who lists devices waits for nothing else."""

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_group

from services.runtime.loading import loading


class RoomGroup(TyperGroup):
    """Has the commands of `rooms` behind those that it is given."""

    rooms: ClassVar[Mapping[str, str]] = {}
    """By the name of a command or group: the module whose `app` has it."""

    def __init__(self, *, commands: MutableMapping[str, Any], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(commands, self.rooms)


class _Commands(MutableMapping[str, Any]):
    def __init__(self, given: Mapping[str, Any], rooms: Mapping[str, str]) -> None:
        self._found: dict[str, Any] = dict.fromkeys((*given, *rooms)) | dict(given)
        self._rooms = rooms

    def __getitem__(self, name: str) -> Any:
        if self._found[name] is None:
            self._found[name] = _built(name, _imported(self._rooms[name]).app)
        return self._found[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _imported(room: str) -> Any:
    if room in sys.modules:
        return sys.modules[room]
    with loading():
        return import_module(room)


def _built(name: str, app: typer.Typer) -> Any:
    """A group; but where the room has a command of that name, this command."""
    above = typer.Typer(rich_markup_mode=None)
    above.add_typer(app, name=name)
    group: Any = get_group(above).commands[name]
    return group.commands.get(name, group)
