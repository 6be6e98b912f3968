"""The progress as the user sees it: a live table on a terminal, a line every few seconds elsewhere."""

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from infra.local.demo.progress import Progress

_LINE_EVERY_S = 3.0
_STATES = ("pending", "handed", "sent", "delivered", "read", "unknown", "failed", "cancelled", "suppressed")


class Display(Protocol):
    """Shows the progress of a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def say(self, text: str) -> None:
        """Print one line."""

    def show(self, progress: Progress) -> None:
        """Show the progress at this moment."""


def display() -> Display:
    """A live table if standard output is a terminal, else lines."""
    return LiveDisplay() if sys.stdout.isatty() else PlainDisplay()


class PlainDisplay:
    """Prints lines, for logs and pipes."""

    def __init__(self) -> None:
        self._shown_at = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """See `Display`."""
        print(text, flush=True)

    def show(self, progress: Progress) -> None:
        """See `Display`; at most one line every 3 s, and always the last one."""
        if progress.open and time.monotonic() - self._shown_at < _LINE_EVERY_S:
            return
        self._shown_at = time.monotonic()
        states = " ".join(f"{state} {count}" for state, count in _counts(progress))
        hosts = " ".join(f"{host.name} {host.devices}/{host.sent}" for host in progress.hosts)
        self.say(f"  {progress.rate:6.1f}/s  {states}  (devices/sent: {hosts})")


class LiveDisplay:
    """A table that changes in place."""

    def __init__(self) -> None:
        self._live = Live(console=Console(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """See `Display`."""
        self._live.console.print(text, markup=False, highlight=False)

    def show(self, progress: Progress) -> None:
        """See `Display`."""
        table = Group(_bar(progress), _states_line(progress), _hosts_table(progress))
        self._live.update(table, refresh=True)


def _counts(progress: Progress) -> list[tuple[str, int]]:
    return [(state, progress.states[state]) for state in _STATES if state in progress.states]


def _bar(progress: Progress) -> Table:
    grid = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=max(1, progress.total), completed=progress.ended, width=60)
    grid.add_row(bar, f"{progress.ended} of {progress.total} messages")
    return grid


def _states_line(progress: Progress) -> Text:
    counts = "   ".join(f"{state} {count}" for state, count in _counts(progress))
    return Text(f"{progress.rate:.1f} messages/s   {counts}   repeats {progress.repeats}")


def _hosts_table(progress: Progress) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("host")
    for title in ("shards", "devices", "sent"):
        table.add_column(title, justify="right")
    for host in progress.hosts:
        style = "" if host.shards else "red"
        table.add_row(host.name, str(host.shards), str(host.devices), str(host.sent), style=style)
    return table
