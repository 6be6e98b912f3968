"""Runs `kompang` as a person at a terminal does: one process a command."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.day.report import Story
from infra.local.errors import LocalError
from infra.local.mesh.process_specs import user_environment
from infra.local.processes.stack_directory import ENVIRONMENT

# Of one command that is to come back by itself.
_COMMAND_S = 120.0
# These take as long as what they are about.
_LONG = frozenset({"import", "watch"})
# Of one that watches a campaign to its end.
_WATCH_S = 300.0


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str
    seconds: float


class Marketer:
    """Whoever has the account's key. What a command says is told to the story."""

    def __init__(self, story: Story, home: Path, stack_path: Path, gateway_address: str) -> None:
        """`home`: where the marketer's files are; `stack_path`: with whose end every command ends."""
        self.story = story
        self._home = home
        self.slowest_s = 0.0
        """What the slowest command took that only asks and goes."""
        self._program = Path(sys.executable).with_name("kompang")
        if not self._program.is_file():
            raise LocalError(f"there is no {self._program}: install this package there (make does)")
        self._environment = {
            **user_environment(home),
            ENVIRONMENT: str(stack_path),
            "KOMPANG_GATEWAY_ADDRESS": gateway_address,
            "COLUMNS": "120",
            "TERM": "dumb",
        }

    def has_key(self, key: str) -> None:
        """From now on the commands carry it."""
        self._environment["KOMPANG_API_KEY"] = key

    def write(self, name: str, content: bytes) -> None:
        """A file beside the commands."""
        (self._home / name).write_bytes(content)

    def read(self, name: str) -> str:
        """A file that a command left; its first byte order mark is no text."""
        return (self._home / name).read_text(encoding="utf-8-sig")

    async def kompang(
        self, *words: str, code: int = 0, environment: Mapping[str, str] | None = None, hidden: str = ""
    ) -> Said:
        """Run it to its end. Raises DayEnded when it does not end, or with another code.

        `environment`: further variables. `hidden`: what follows this text in its line is not told.
        """
        self.story.typed(("kompang", *words))
        said = await self._ended(await self._begin(words, environment or {}), _COMMAND_S)
        if words[1] not in _LONG:
            self.slowest_s = max(self.slowest_s, said.seconds)
        self.story.printed(_without(hidden, said.out + said.err))
        if said.code != code:
            self.story.fails(f"kompang {words[0]} {words[1]} ends with {code}", f"with {said.code}")
        return said

    @asynccontextmanager
    async def beside(self, *words: str) -> AsyncIterator["Beside"]:
        """A command that goes on beside others; ended at the latest with the block."""
        self.story.typed(("kompang", *words))
        self.story.printed("(in another window)")
        task = asyncio.create_task(self._ended(await self._begin(words, {}), _WATCH_S))
        try:
            yield Beside(" ".join(("kompang", *words)), self.story, task)
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _begin(self, words: tuple[str, ...], environment: Mapping[str, str]) -> Process:
        # In a session of its own: Ctrl-C is for the day, which ends its commands itself.
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

    async def _ended(self, process: Process, seconds: float) -> Said:
        began = time.monotonic()
        try:
            out, err = await asyncio.wait_for(process.communicate(), seconds)
        except TimeoutError:
            self.story.fails(f"the command ends within {seconds:g} s")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        took = time.monotonic() - began
        return Said(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"), took)


class Beside:
    """A command in another window."""

    def __init__(self, line: str, story: Story, task: "asyncio.Task[Said]") -> None:
        self._line = line
        self.story = story
        self._task = task

    async def end(self) -> Said:
        """Its end, which it finds by itself. Raises DayEnded when it does not."""
        said = await self._task
        self.story.tell(f"\n(the other window) {self._line}")
        self.story.printed(said.out + said.err)
        self.story.holds("the watch ended by itself", said.code == 0, f"with {said.code}")
        return said


def _without(hidden: str, text: str) -> str:
    if not hidden:
        return text
    lines = (line.partition(hidden) for line in text.splitlines())
    return "\n".join(f"{before}{found}…" if found else before for before, found, _ in lines)
