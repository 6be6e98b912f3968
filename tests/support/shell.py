"""The `kompang` command: in this process, as a program of its own, or on a terminal.

`Shell.run` calls the command in a thread of the tests' own process. A command costs some 30 ms there, and a
second as a program, most of it for imports. What only a program has needs `run_program`, `begin` or
`on_terminal`: signals, a terminal, a pipe that breaks, the exit code that a script sees, what stands in
`sys.argv` or is read before the command is imported.
"""

import asyncio
import io
import json
import os
import pty
import sys
import termios
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from gateway.cli import app
from tests.support.eventually import eventually
from tests.support.slowness import patient

_PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")
_PIPE = asyncio.subprocess.PIPE
_WITHIN_S = 60.0


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of the output, each a JSON object; raises where one is not."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def errors(self) -> list[str]:
        """The lines of the error output."""
        return self.err.splitlines()


class Shell:
    """Runs the command with these variables, and with none of those that the machine has for it."""

    def __init__(self, **variables: str) -> None:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("KOMPANG_")}
        self.environment = inherited | variables | {"PYTHONPATH": ":".join(sys.path)}

    @classmethod
    def of(cls, address: str, key: str) -> "Shell":
        """For one account of a gateway."""
        return cls(KOMPANG_GATEWAY_ADDRESS=address, KOMPANG_API_KEY=key, COLUMNS="200")

    @classmethod
    def of_operator(cls, dsn: str) -> "Shell":
        """For `kompang admin` on a database."""
        return cls(KOMPANG_POSTGRES_DSN=dsn, COLUMNS="200")

    async def run(self, *args: str) -> Ended:
        """Run to its end in this process; raises what the program would end of with a traceback."""
        environment = dict(self.environment)
        return await asyncio.get_running_loop().run_in_executor(_thread(), _run_here, args, environment)

    async def run_program(self, *args: str) -> Ended:
        """Run to its end as a program of its own."""
        process = await self.begin(*args)
        out, err = await asyncio.wait_for(process.communicate(), patient(_WITHIN_S))
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def begin(self, *args: str, **streams: Any) -> asyncio.subprocess.Process:
        """Begun as a program of its own; nothing to read on its input."""
        given = {"stdin": asyncio.subprocess.DEVNULL, "stdout": _PIPE, "stderr": _PIPE} | streams
        return await asyncio.create_subprocess_exec(*_PROGRAM, *args, env=self.environment, **given)

    @asynccontextmanager
    async def on_terminal(self, *args: str) -> AsyncIterator["Terminal"]:
        """With a terminal for all its streams; killed at the end if it is still there."""
        ours, theirs = pty.openpty()
        self.environment["TERM"] = "xterm"
        try:
            process = await self.begin(
                *args, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
            )
            with_terminal = Terminal(process, ours, theirs)
            try:
                yield with_terminal
            finally:
                with_terminal.close()
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        finally:
            os.close(theirs)
            os.close(ours)


@cache
def _thread() -> ThreadPoolExecutor:
    """One command at a time: the streams and the environment are the whole process's."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="kompang")


def _run_here(args: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """The command keeps an event loop of its own, as the program does, in a thread of its own."""
    with _streams() as (out, err), mock.patch.dict(os.environ, environment, clear=True):
        try:
            code = app.run(list(args))
        except SystemExit as ended:  # so end the answers of completion
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def _streams() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Streams that are no terminal, and nothing to read."""
    with (
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
        Path(os.devnull).open(encoding="utf-8") as nothing,
        mock.patch.object(sys, "stdin", nothing),
    ):
        yield out, err


class Terminal:
    """What a person sees and types."""

    def __init__(self, process: asyncio.subprocess.Process, ours: int, theirs: int) -> None:
        self.process = process
        self._ours, self._theirs = ours, theirs
        self._seen = b""
        self.before = termios.tcgetattr(theirs)
        asyncio.get_running_loop().add_reader(ours, self._read)

    @property
    def seen(self) -> str:
        """Everything so far, with its control sequences."""
        return self._seen.decode(errors="replace")

    @property
    def attributes(self) -> list[Any]:
        """As the terminal is set now."""
        return termios.tcgetattr(self._theirs)

    def type(self, text: str) -> None:
        """As a person would."""
        os.write(self._ours, text.encode())

    async def shows(self, text: str) -> None:
        """Waits for it."""

        async def there() -> bool:
            return text in self.seen

        await eventually(there, within_s=_WITHIN_S)

    async def ended(self) -> int:
        """The exit code."""
        return await asyncio.wait_for(self.process.wait(), patient(_WITHIN_S))

    def close(self) -> None:
        """Looks no longer."""
        asyncio.get_running_loop().remove_reader(self._ours)

    def _read(self) -> None:
        self._seen += os.read(self._ours, 65536)
