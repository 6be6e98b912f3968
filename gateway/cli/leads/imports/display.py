"""How an import looks while it runs: a bar on a terminal, nothing elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from gateway.cli.terminal import safe
from kompang.v1 import imports_pb2 as pb


class Display:
    """On standard error, so that standard output is the result's alone."""

    def __init__(self, name: str, size: int) -> None:
        console = Console(stderr=True)
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._bar: TaskID = self._progress.add_task(name, total=size, rows="0")
        self.rows = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, response: pb.ImportLeadsResponse) -> None:
        """One response of the gateway."""
        match response.WhichOneof("event"):
            case "started":
                self._progress.update(self._bar, completed=response.started.resume_offset)
            case "file":
                self._show_columns(response.file)
                self._show_samples(response.file)
            case "progress":
                self._show_progress(response.progress.rows, response.progress.offset)
            case "result":
                self.rows = response.result.rows

    def _show_progress(self, rows: int, offset: int) -> None:
        self.rows = rows
        self._progress.update(self._bar, completed=offset, rows=f"{rows:,}")

    def _show_columns(self, file: pb.ImportedFile) -> None:
        if self._console.is_terminal:
            columns = ", ".join(f"{one.column or '(empty)'} → {one.field}" for one in file.columns)
            self._console.print(
                f"{file.encoding}, {file.delimiter!r}: {columns}", highlight=False, markup=False
            )

    def _show_samples(self, file: pb.ImportedFile) -> None:
        """Names in which a wrong encoding would show, and what the sender should know: also in a log."""
        told = [f"read as {file.encoding}: {', '.join(file.samples)}"] if file.samples else []
        for line in (*told, *(f"warning: {each}" for each in file.warnings)):
            self._console.print(safe(line), highlight=False, markup=False, soft_wrap=True)
