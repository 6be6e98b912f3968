"""A preview on a terminal."""

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from gateway.cli.output import console
from kompang.v1 import sequences_pb2 as pb

_WIDTH = 76
_MANY_DIGITS = 15
_LEAST_SHOWN = 0.001


def show(response: pb.PreviewStepResponse) -> None:
    """The samples, each in a frame, then the figures and what to look at."""
    wide = console()
    width = min(_WIDTH, wide.width)
    for number, sample in enumerate(response.samples, start=1):
        wide.print(Panel(Text(sample), title=str(number), title_align="left", width=width))
    _line(wide, "different texts", _count(response.distinct_count))
    _line(wide, "repeats", f"{_share(response.repeat_share)} of {response.audience_size:,} leads")
    for spot in response.weak_spots:
        place = f"line {spot.line}, column {spot.column}"
        _line(wide, "vary here", f"{place}: {_alternatives(spot.alternative_count)}")
    for warning in response.warnings:
        _line(wide, "warning", warning.text, "yellow")


def _line(console: Console, title: str, text: str, style: str = "") -> None:
    console.print(Text.assemble((f"{title:>15}  ", "dim"), (text, style)), soft_wrap=True)


def _count(distinct: str) -> str:
    """Grouped; of a number that nobody reads only the size."""
    if len(distinct) > _MANY_DIGITS:
        return f"more than 10^{len(distinct) - 1}"
    return f"{int(distinct):,}"


def _share(share: float) -> str:
    return "less than 0.1 %" if 0 < share < _LEAST_SHOWN else f"{share:.1%}".replace("%", " %")


def _alternatives(count: float) -> str:
    return "always the same" if count == 1.0 else f"as good as {count:.3g} alternatives"
