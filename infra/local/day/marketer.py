"""Runs `kompang` as a person at a terminal does: one process a command."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.day.report import DayReport
from infra.local.errors import LocalError
from infra.local.mesh.process_specs import user_environment
from infra.local.processes.stack_directory import ENVIRONMENT

# A command that ends by itself has so long.
_COMMAND_S = 120.0
# The time of these depends on the size of the list or of the campaign.
_LONG = frozenset({"import", "watch"})
# A command that watches a campaign to its end has so long.
_WATCH_S = 300.0


@dataclass(frozen=True)
class CommandResult:
    """The exit code, the output and the duration of one command."""

    code: int
    out: str
    err: str
    seconds: float


class Marketer:
    """The person who has the account's key. The report shows every command and its output."""

    def __init__(self, report: DayReport, home: Path, stack_path: Path, gateway: Mapping[str, str]) -> None:
        """`home`: the folder of the marketer's files; `stack_path`: every command ends with that stack.

        `gateway`: the variables that say where it is.
        """
        self.report = report
        self._home = home
        self.slowest_s = 0.0
        """The duration of the slowest command, `import` and `watch` left out."""
        self._program = Path(sys.executable).with_name("kompang")
        if not self._program.is_file():
            raise LocalError(f"there is no {self._program}: install this package there (make does)")
        self._environment = {
            **user_environment(home),
            ENVIRONMENT: str(stack_path),
            **gateway,
            "COLUMNS": "120",
            "TERM": "dumb",
        }

    def use_key(self, key: str) -> None:
        """Give this API key to every command from now on."""
        self._environment["KOMPANG_API_KEY"] = key

    def write(self, name: str, content: bytes) -> None:
        """Write a file into the folder where the commands run."""
        (self._home / name).write_bytes(content)

    def read(self, name: str) -> str:
        """The text of a file that a command wrote, without its byte order mark."""
        return (self._home / name).read_text(encoding="utf-8-sig")

    async def kompang(
        self, *words: str, code: int = 0, environment: Mapping[str, str] | None = None, hidden: str = ""
    ) -> CommandResult:
        """Run one command to its end. Raises DayEnded when it does not end, or ends with another exit code.

        `environment`: further variables. `hidden`: the report hides what follows this text in its line.
        """
        self.report.show_command(("kompang", *words))
        result = await self._finish(await self._start(words, environment or {}), _COMMAND_S)
        if words[1] not in _LONG:
            self.slowest_s = max(self.slowest_s, result.seconds)
        self.report.show_output(_without(hidden, result.out + result.err))
        if result.code != code:
            self.report.fail(f"kompang {words[0]} {words[1]} ends with {code}", f"with {result.code}")
        return result

    @asynccontextmanager
    async def in_background(self, *words: str) -> AsyncIterator["BackgroundCommand"]:
        """Run a command while others run; the end of the block kills it if it still runs."""
        self.report.show_command(("kompang", *words))
        self.report.show_output("(in another window)")
        task = asyncio.create_task(self._finish(await self._start(words, {}), _WATCH_S))
        try:
            yield BackgroundCommand(" ".join(("kompang", *words)), self.report, task)
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _start(self, words: tuple[str, ...], environment: Mapping[str, str]) -> Process:
        # In a session of its own: Ctrl-C reaches the day only, and the day ends its commands itself.
        return await asyncio.create_subprocess_exec(
            self._program,
            *words,
            cwd=self._home,
            env={**self._environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )

    async def _finish(self, process: Process, seconds: float) -> CommandResult:
        began = time.monotonic()
        try:
            out, err = await asyncio.wait_for(process.communicate(), seconds)
        except TimeoutError:
            self.report.fail(f"the command ends within {seconds:g} s")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        duration = time.monotonic() - began
        out_text, err_text = out.decode(errors="replace"), err.decode(errors="replace")
        return CommandResult(process.returncode or 0, out_text, err_text, duration)


class BackgroundCommand:
    """A command in another window."""

    def __init__(self, line: str, report: DayReport, task: "asyncio.Task[CommandResult]") -> None:
        self._line = line
        self.report = report
        self._task = task

    async def end(self) -> CommandResult:
        """Wait until the command ends by itself. Raises DayEnded when it does not."""
        result = await self._task
        self.report.say(f"\n(the other window) {self._line}")
        self.report.show_output(result.out + result.err)
        self.report.check(
            "the watch ended by itself with exit code 0", result.code == 0, f"with {result.code}"
        )
        return result


def _without(hidden: str, text: str) -> str:
    if not hidden:
        return text
    lines = (line.partition(hidden) for line in text.splitlines())
    return "\n".join(f"{before}{found}…" if found else before for before, found, _ in lines)


def read_number(text: str) -> int:
    """The value of a figure as commands print it, with commas between thousands."""
    return int(text.replace(",", ""))
