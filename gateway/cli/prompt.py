"""A question to whoever sits at the terminal.

A plain read would not always end with Ctrl-C: gRPC has threads, and the signal may reach one of them while
the main thread goes on reading. The event loop is woken whoever it reaches.
"""

import asyncio
import signal
import sys

import typer

from gateway.cli.exit_codes import Interrupted


def agreed(question: str) -> bool:
    """Whether the answer is yes. Raises `Interrupted`."""
    return asyncio.run(_line(f"{question} [y/N] ")).strip().lower() in ("y", "yes")


async def _line(prompt: str) -> str:
    loop = asyncio.get_running_loop()
    is_there = asyncio.Event()
    reading = asyncio.ensure_future(is_there.wait())
    loop.add_signal_handler(signal.SIGINT, reading.cancel)
    # A terminal gives whole lines.
    loop.add_reader(sys.stdin, is_there.set)
    # On standard error: standard output is the result's.
    typer.echo(prompt, nl=False, err=True)
    try:
        await reading
    except asyncio.CancelledError:
        typer.echo(err=True)
        raise Interrupted("interrupted; nothing was changed") from None
    finally:
        loop.remove_reader(sys.stdin)
        loop.remove_signal_handler(signal.SIGINT)
    return sys.stdin.readline()
