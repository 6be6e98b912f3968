"""Sequences, and what a file changes of them, on a terminal."""

import difflib
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.durations import format_duration
from gateway.cli.sequences.apply import ApplyRun
from gateway.cli.sequences.difference import Change, Difference, canonical, value
from kompang.v1 import sequences_pb2 as pb

_MARKS = {"create": ("+", "bold green"), "update": ("~", "bold yellow"), "unchanged": ("=", "dim")}
_SETTINGS = ("trigger", "next_sequence", "on_reply", "on_reenter", "on_unknown", "variation", "greetings")


def show_list(console: Console, found: Sequence[pb.Sequence]) -> None:
    """A line each."""
    table = Table("sequence", "state", "trigger", "steps", "lasts", "next", "revision", "name")
    for each in found:
        lasts = format_duration(each.steps[-1].offset.ToTimedelta()) if each.steps else ""
        following = each.next_sequence.removeprefix("sequences/")
        slug = each.name.removeprefix("sequences/")
        count, revision = str(len(each.steps)), str(each.revision)
        cells = (slug, state(each), each.trigger, count, lasts, following, revision, each.display_name)
        table.add_row(*map(Text, cells))
    console.print(table)


def show_one(console: Console, sequence: pb.Sequence) -> None:
    """Its settings, then its steps as their author wrote them."""
    head = f"{sequence.name} is {state(sequence)}, revision {sequence.revision}"
    _line(console, Text(f"{head}: {sequence.display_name}" if sequence.display_name else head, "bold"))
    shown = canonical(sequence)
    for name in _SETTINGS:
        if (text := value(shown, name)) is not None:
            _block(console, f"{name.removesuffix('_sequence')}: ", text.split("\n"))
    for number, step in enumerate(sequence.steps, start=1):
        _line(console, Text(f"step {number}, at {format_duration(step.offset.ToTimedelta())}", "bold"))
        _block(console, "  ", step.text.split("\n"))
        if step.sent_count:
            counts = f"{step.sent_count:,} sent, {step.delivered_count:,} arrived, {step.read_count:,} read"
            _line(console, Text(f"  {counts}", "dim"))
        for warning in step.warnings:
            _line(console, Text(f"  warning: {warning.text}", "yellow"))


def show_differences(console: Console, differences: Sequence[Difference]) -> None:
    """Each sequence with what becomes of it: `+` created, `~` changed, `=` unchanged."""
    for each in differences:
        mark, style = _MARKS[each.action]
        note = {"create": "is new", "update": "changes"}.get(each.action, "is unchanged")
        _line(console, Text(f"{mark} sequences/{each.slug} {note}", style))
        for place, changes in groupby(each.changes, key=_place):
            _show_changes(console, place, list(changes))


def show_results(console: Console, apply_run: ApplyRun) -> None:
    """What was applied, and what was not."""
    words = {"applied": "applied", "failed": "not applied", "not_applied": "not applied"}
    for each in apply_run.differences:
        if (result := apply_run.result(each)) in words:
            _line(console, Text(f"sequences/{each.slug} {words[result]}"))


def state(sequence: pb.Sequence) -> str:
    """`active`."""
    return pb.Sequence.State.Name(sequence.state).removeprefix("STATE_").lower()


def _place(change: Change) -> str:
    """`step 2`, or empty for a setting; one that goes is counted as before."""
    if not change.field.startswith("steps["):
        return ""
    number = int(change.field[len("steps[") : change.field.index("]")]) + 1
    return f"step {number} is removed" if change.after is None else f"step {number}"


def _show_changes(console: Console, place: str, changes: list[Change]) -> None:
    is_new = place and all(each.before is None for each in changes)
    if place:
        _line(console, Text(f"    {place}{' is new' if is_new else ''}", "bold"))
    for each in changes:
        name = each.field.rpartition(".")[2]
        before, after = each.before, each.after
        if "\n" in f"{before}{after}" or name == "text":
            if name != "text":
                _line(console, Text(f"      {name}:"))
            for text, style in _lines(before, after):
                _line(console, Text(f"      {text}", style))
        elif before is None:
            _line(console, Text.assemble(f"      {name}: ", (after or "", "green")))
        else:
            _line(
                console,
                Text.assemble(f"      {name}: ", (before, "red"), " → ", (after or "none", "green")),
            )


def _lines(before: str | None, after: str | None) -> Iterator[tuple[str, str]]:
    """Line by line, as `diff` shows them."""
    old = [] if before is None else before.split("\n")
    new = [] if after is None else after.split("\n")
    styles = {"+": "green", "-": "red", " ": "dim"}
    for line in difflib.ndiff(old, new):
        if line[0] in styles:
            yield line, styles[line[0]]


def _block(console: Console, head: str, lines: Sequence[str]) -> None:
    for index, line in enumerate(lines):
        _line(console, Text(f"  {head if index == 0 else ' ' * len(head)}{line}"))


def _line(console: Console, text: Text) -> None:
    """Long ones are the terminal's to break: what is copied from it stays whole."""
    console.print(text, soft_wrap=True)
