"""The launcher's side of the watchdog, a process that ends everything the launcher started.

The watchdog's standard input is a pipe whose other end only the launcher holds. However the launcher ends, by
return, Ctrl-C or kill -9, the kernel closes that end, and the watchdog (`watchdog_main.py`) then ends the
launcher's stack and removes its directory.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from infra.local.processes.cleanup import end_stack
from infra.local.processes.stack_directory import StackDirectory

_CLOSE_SECONDS = 30.0


class Watchdog:
    """Starts the watchdog of one stack directory and, at the end, waits until it has ended the stack."""

    def __init__(self, directory: StackDirectory) -> None:
        self._directory = directory
        reading, self._writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-S",
                    "-m",
                    "infra.local.processes.watchdog_main",
                    str(directory.path),
                    str(directory.lock),
                ],
                stdin=reading,
                cwd="/",
                env={"PYTHONPATH": str(Path(__file__).parents[3])},
                pass_fds=(directory.lock,),
                start_new_session=True,
            )
        finally:
            os.close(reading)

    @property
    def pid(self) -> int:
        """The process id of the watchdog."""
        return self._process.pid

    async def close(self) -> None:
        """End the stack and remove its directory.

        Raises:
            OSError: the directory cannot be removed.

        """
        os.close(self._writing)
        await asyncio.to_thread(self._finish)
        self._directory.unlock()

    def _finish(self) -> None:
        try:
            cleared = self._process.wait(_CLOSE_SECONDS) == 0
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            cleared = False
        if not cleared:
            end_stack(self._directory)
