"""The keyboard while something is live on the terminal."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quitting(stop: asyncio.Event) -> Iterator[None]:
    """Sets `stop` at `q`, the end of the input, and SIGTERM; the terminal is afterwards as it was.

    Ctrl-C stays what it is. Where the input is no terminal nothing is read of it.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    try:
        if not sys.stdin.isatty():
            yield
            return
        with _keys(loop, sys.stdin.fileno(), stop):
            yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


@contextmanager
def _keys(loop: asyncio.AbstractEventLoop, terminal: int, stop: asyncio.Event) -> Iterator[None]:
    def pressed() -> None:
        if os.read(terminal, 1) in (b"q", b"Q", b"\x04", b""):
            stop.set()

    before = termios.tcgetattr(terminal)
    # Each key at once and unseen.
    tty.setcbreak(terminal)
    loop.add_reader(terminal, pressed)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
