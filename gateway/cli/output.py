"""How results are printed: for people as each command likes, for programs always the same way.

With `--output json` every line of standard output is one JSON object: the answer of the gateway after the
JSON mapping of protobuf (names in lowerCamelCase, enums by name, times in RFC 3339), with every field that
always has a value, also when it is empty or zero. Other than there, 64-bit numbers are numbers.
"""

import json
import os
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from gateway.cli.terminal import escaped, safe

_WIDE = 200

Shown = TypeVar("Shown", bound=Message)

_LONG = {
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT64,
}


class Output(StrEnum):
    """For people, or for programs."""

    TEXT = "text"
    JSON = "json"


Form = Annotated[Output, typer.Option("--output", help="For people, or JSON for programs.")]


class Pipe(Console):
    """Without an end of its own when the reader has read enough, and with text that is nothing but text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is drawn: sequences of the console's own are no text here, but styles and controls."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(safe(segment.text), segment.style)

    def on_broken_pipe(self) -> NoReturn:
        """As with every other print; `main` knows what to do."""
        raise BrokenPipeError


def console() -> Console:
    """Where results for people go; wide where no window says how wide, so that `grep` finds whole lines."""
    made = Pipe(highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WIDE
    return made


def echo(text: str = "", *, nl: bool = True, err: bool = False) -> None:
    """A line for people, with whatever it tells of others."""
    typer.echo(safe(text), nl=nl, err=err)


def show(answer: Shown, output: Output, text: Callable[[Shown], None]) -> None:
    """One answer, in the form that is wanted."""
    if output is Output.JSON:
        print_json(answer)
    else:
        text(answer)


def show_all(answers: Iterable[Shown], output: Output, text: Callable[[list[Shown]], None]) -> None:
    """A list: a table, or a JSON object a line."""
    if output is Output.JSON:
        for each in answers:
            print_json(each)
    else:
        text(list(answers))


def print_json(answer: Message, **more: Any) -> None:
    """One JSON object in one line, with more fields of the command's own."""
    typer.echo(escaped(json.dumps(as_dict(answer) | more, ensure_ascii=False)))


def as_dict(answer: Message) -> dict[str, Any]:
    """As the module's docstring says."""
    shown = json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)
    return _numbers(answer.DESCRIPTOR, shown)


def moment(at: Timestamp, *, known: bool = True) -> str:
    """UTC, as in every log and in what the gateway explains; empty where there is none."""
    return f"{at.ToDatetime():%Y-%m-%d %H:%M:%S}" if known else ""


def _numbers(kind: Any, shown: dict[str, Any]) -> dict[str, Any]:
    """Protobuf writes 64-bit numbers as texts, for the sake of JavaScript; ours are counts."""
    for field in kind.fields:
        if field.json_name in shown:
            shown[field.json_name] = _number(field, shown[field.json_name])
    return shown


def _number(field: Any, value: Any) -> Any:
    if field.message_type and field.message_type.GetOptions().map_entry:
        of = field.message_type.fields_by_name["value"]
        return {key: _number(of, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_one(field, each) for each in value]
    return _one(field, value)


def _one(field: Any, value: Any) -> Any:
    if field.cpp_type in _LONG:
        return int(value)
    # A time or a duration is a text already.
    return _numbers(field.message_type, value) if isinstance(value, dict) and field.message_type else value
