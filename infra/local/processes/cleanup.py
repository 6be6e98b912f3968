"""Ending a stack: stop what its directory lists, then remove the directory.

The watchdog does this when its launcher has ended, the launcher when its watchdog has ended, and the next
launcher when both have. Every process gets its mildest signal first and the next one when its time is up. A
pid is used only through a pidfd whose process has the start time that was listed, so no other process is ever
hit. Standard library only.
"""

import os
import select
import shutil
import signal
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from infra.local.processes import process_table
from infra.local.processes.shared_memory import free_shared_memory
from infra.local.processes.stack_directory import ENVIRONMENT, Child, StackDirectory

_SIGNAL_SECONDS = 3.0
_REMOVE_SECONDS = 5.0


def end_stack(directory: StackDirectory) -> None:
    """End the stack of this directory and remove it; takes at most about 15 s.

    Raises:
        OSError: the directory cannot be removed.

    """
    children = directory.children()
    for round_ in range(max((len(child.signals) for child in children), default=0)):
        _signal_and_wait(children, round_)
    _kill(process_table.with_environment(f"{ENVIRONMENT}={directory.path}"))
    for lock_file in directory.path.glob("*/*/postmaster.pid"):
        free_shared_memory(lock_file)
    _remove(directory.path)


def end_abandoned_stacks(parent: Path) -> None:
    """End the stacks under `parent` whose launcher and watchdog were both killed."""
    for directory in StackDirectory.abandoned(parent):
        end_stack(directory)
        directory.unlock()


def _signal_and_wait(children: Iterable[Child], round_: int) -> None:
    with ExitStack() as stack:
        waiting = set()
        for child in children:
            if (handle := _open(child, stack)) is not None:
                _send(child, handle, child.signals[min(round_, len(child.signals) - 1)])
                waiting.add(handle)
        _wait_for_ends(waiting, _SIGNAL_SECONDS)


def _open(child: Child, stack: ExitStack) -> int | None:
    """A pidfd of the child, or None when it is gone."""
    try:
        handle = os.pidfd_open(child.pid)
    except ProcessLookupError:
        return None
    stack.callback(os.close, handle)
    # Checked after the pidfd is open: from here on the pidfd can mean no other process.
    return handle if child.alive else None


def _send(child: Child, handle: int, number: int) -> None:
    # Listed before the first signal, which can make the descendants orphans.
    descendants = process_table.tree(child.pid)[1:]
    _send_signal(handle, number)
    if number == signal.SIGKILL:
        _kill(descendants)
    else:
        # A paused process takes no other signal than SIGKILL before it goes on.
        _send_signal(handle, signal.SIGCONT)
        _signal(descendants, signal.SIGCONT)


def _wait_for_ends(handles: set[int], seconds: float) -> None:
    """Return when all have ended or the time is up; a pidfd is readable from the end of its process."""
    ends = time.monotonic() + seconds
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    while handles and (left := ends - time.monotonic()) > 0:
        for handle, _ in poll.poll(left * 1000):
            poll.unregister(handle)
            handles.discard(handle)


def _kill(processes: Iterable[process_table.Entry]) -> None:
    _signal(processes, signal.SIGKILL)


def _signal(processes: Iterable[process_table.Entry], number: int) -> None:
    for process in processes:
        with ExitStack() as stack:
            handle = _open(Child(process.pid, process.started, (number,)), stack)
            if handle is not None:
                _send_signal(handle, number)


def _send_signal(handle: int, number: int) -> None:
    with suppress(ProcessLookupError):  # the process has ended meanwhile
        signal.pidfd_send_signal(handle, number)


def _remove(path: Path) -> None:
    """Remove the directory; again while a process that just got its signal still writes to it."""
    ends = time.monotonic() + _REMOVE_SECONDS
    while path.exists():
        shutil.rmtree(path, ignore_errors=time.monotonic() < ends)
