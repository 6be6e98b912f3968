"""A question to the person at the terminal.

A plain read would not always end with Ctrl-C: gRPC has threads, and the system may give the signal to one of
them while the main thread stays in its read. The event loop is woken whichever thread gets the signal.
"""

import asyncio
import signal
import sys

import typer

from gateway.cli.exit_codes import Interrupted


def confirmed(question: str) -> bool:
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
