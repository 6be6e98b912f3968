"""Runs a command of the local mesh (demo, day, up) and ends with one clear line and an exit code."""

import asyncio
import io
import signal
import sys
from collections.abc import Awaitable, Callable
from enum import IntEnum
from functools import partial
from typing import TypeVar

from infra.local.errors import LocalError
from infra.local.mesh.errors import ProcessDied

T = TypeVar("T")


class Ended(IntEnum):
    """Exit codes besides 0 and 128 + signal."""

    BROKEN = 1
    CANNOT_START = 2


def run_command(name: str, main: Callable[[], Awaitable[T]], *, endless: bool = False) -> T:
    """The result of `main`, or the end of this process with one clear line.

    SIGINT and SIGTERM cancel `main`, which cleans up; an `endless` command then exits with 0.
    """
    interrupted: list[int] = []

    async def until_signalled() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, partial(_interrupt, number, interrupted, task))
        return await main()

    # A terminal that cannot show an arrow must not end the run.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        return asyncio.run(until_signalled())
    except asyncio.CancelledError:
        print(f"{name}: stopped, nothing left behind", file=sys.stderr)
        sys.exit(0 if endless else 128 + interrupted[0])
    except ProcessDied as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(Ended.BROKEN)
    except LocalError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(Ended.CANNOT_START)


def _interrupt(number: int, interrupted: list[int], task: "asyncio.Task[object] | None") -> None:
    """The first signal cancels the command. A second one ends this process; the watchdog ends the stack."""
    if interrupted:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    interrupted.append(number)
    if task is not None:
        task.cancel()
