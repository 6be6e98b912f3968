"""The `kompang` command as a program: run to its end, begun, or on a terminal."""

import asyncio
import json
import os
import pty
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.eventually import eventually

_PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")
_PIPE = asyncio.subprocess.PIPE
_WITHIN_S = 60.0


@dataclass(frozen=True)
class Ended:
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
    """Runs the command with these variables, and with none of those it would find by itself."""

    def __init__(self, **variables: str) -> None:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("KOMPANG_")}
        self.environment = inherited | variables | {"PYTHONPATH": ":".join(sys.path)}

    @classmethod
    def of(cls, address: str, key: str) -> "Shell":
        """For one account of a gateway."""
        return cls(KOMPANG_GATEWAY_ADDRESS=address, KOMPANG_API_KEY=key, COLUMNS="200")

    async def begin(self, *args: str, **streams: Any) -> asyncio.subprocess.Process:
        """Begun; nothing to read on its input."""
        given = {"stdin": asyncio.subprocess.DEVNULL, "stdout": _PIPE, "stderr": _PIPE} | streams
        return await asyncio.create_subprocess_exec(*_PROGRAM, *args, env=self.environment, **given)

    async def run(self, *args: str) -> Ended:
        """Run to its end."""
        process = await self.begin(*args)
        out, err = await asyncio.wait_for(process.communicate(), _WITHIN_S)
        return Ended(process.returncode or 0, out.decode(), err.decode())

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
        return await asyncio.wait_for(self.process.wait(), _WITHIN_S)

    def close(self) -> None:
        """Looks no longer."""
        asyncio.get_running_loop().remove_reader(self._ours)

    def _read(self) -> None:
        self._seen += os.read(self._ours, 65536)
