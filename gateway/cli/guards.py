"""Guards on a terminal: each with its verdict, when it passes, and why."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from gateway.cli.output import console, moment
from kompang.v1 import explain_pb2 as pb

_MARKS = {
    pb.Guard.VERDICT_PASSES: ("passes", "green"),
    pb.Guard.VERDICT_BLOCKS: ("blocks", "red"),
    pb.Guard.VERDICT_UNKNOWN: ("unknown", "yellow"),
}


def show_guards(guards: Iterable[pb.Guard]) -> None:
    """In the order in which they are decided."""
    table = Table("guard", "verdict", "passes at (UTC)", "why", box=None, header_style="dim", pad_edge=False)
    for guard in guards:
        name = pb.Guard.Type.Name(guard.type).removeprefix("TYPE_").lower().replace("_", " ")
        until = moment(guard.pass_time, known=guard.HasField("pass_time"))
        table.add_row(name, Text(*_MARKS[guard.verdict]), until, Text(guard.detail))
    console().print(table)
