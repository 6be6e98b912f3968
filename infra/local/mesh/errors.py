"""The error of a running mesh."""

import signal

from infra.local.errors import LocalError
from infra.local.processes.process import Process


class ProcessDied(LocalError):
    """A process of the mesh ended although nobody had asked it to; the text ends with its last lines."""

    def __init__(self, process: Process) -> None:
        self.name = process.name
        super().__init__(f"{process.name} {_how(process.returncode)}; its last lines:\n{process.tail()}")


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended by itself with exit code {returncode}"
