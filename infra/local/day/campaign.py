"""One campaign as the marketer has it: made, forecast, launched, held, ended, with what must hold of it."""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from infra.local.day.context import Day
from infra.local.day.morning import TEXT, number
from infra.local.network.ledger import Entry
from infra.local.reconcile import SILENT_S
from kompang.v1.messages_pb2 import Message

_NAME = re.compile(r"campaigns/\d+")
_FORECAST = re.compile(r"([\d,]+) of ([\d,]+) leads")
_LEFT_OUT = re.compile(r"([\d,]+) left out: (.+)")


@dataclass(frozen=True)
class Forecast:
    """What a launch would do: messages, of so many leads; who is left out, by reason."""

    messages: int
    audience: int
    left_out: dict[str, int]


class Campaign:
    """Made by `made`. Every command is told; each method raises DayEnded when a command fails."""

    def __init__(self, day: Day, name: str) -> None:
        self._day = day
        self.name = name

    @classmethod
    async def made(cls, day: Day, title: str, *words: str) -> Self:
        """A draft with the day's text."""
        said = await day.marketer.kompang(
            "campaigns", "create", "--text", f"@{TEXT}", "--name", title, *words
        )
        name = day.story.found(_NAME, said.out)[0]
        day.campaigns[name] = title
        return cls(day, name)

    async def forecast(self) -> Forecast:
        """Asked of the command."""
        said = await self._command("forecast")
        found = self._day.story.found(_FORECAST, said)
        left_out = {reason.strip(): number(count) for count, reason in _LEFT_OUT.findall(said)}
        return Forecast(number(found[1]), number(found[2]), left_out)

    async def launch(self) -> None:
        """Begin now."""
        await self._command("launch")

    async def resume(self) -> None:
        """Go on."""
        await self._command("resume")

    async def resume_refused(self) -> str:
        """When it cannot go on any more: what the command says."""
        return (await self._day.marketer.kompang("campaigns", "resume", self.name, code=1)).err

    async def retry(self) -> None:
        """What failed for a reason that may pass."""
        await self._command("retry")

    async def watch(self) -> Counter[str]:
        """To its end; the counts."""
        await self._command("watch")
        return await self.counts()

    async def pause(self) -> float:
        """Seconds from the pause to the last acceptance."""
        return await self._silence("pause")

    async def end(self) -> None:
        """Cancel it, where nothing of it goes anyway."""
        await self._command("cancel")

    async def cancel(self) -> float:
        """Seconds from the cancel to the last acceptance."""
        return await self._silence("cancel")

    async def counts(self) -> Counter[str]:
        """Messages by state."""
        return await self._day.desk.counts(self.name)

    async def pending(self) -> list[Message]:
        """What is still to go, in the order of the plan."""
        found = await self._day.desk.messages(self.name, "pending")
        return sorted(found, key=lambda each: each.schedule_time.ToNanoseconds())

    async def _silence(self, word: str) -> float:
        """Look at the street for twice as long as the promise."""
        day = self._day
        before = len(day.street.arrived())
        await self._command(word)
        asked = (await day.desk.campaign(self.name)).update_time.ToNanoseconds() / 1e9
        await day.until_time(max(time.time(), asked) + 2 * SILENT_S)
        arrived = day.street.arrived()
        seconds = max((entry.time - asked for entry in arrived[before:]), default=0.0)
        late = after(arrived, asked + SILENT_S)
        day.story.holds(
            f"the {word} is in effect: the last message arrived {max(0.0, seconds):.2f} s after it",
            not late,
            f"{len(late)} more after {SILENT_S:g} s",
        )
        return max(0.0, seconds)

    async def _command(self, word: str) -> str:
        return (await self._day.marketer.kompang("campaigns", word, self.name)).out


def after(arrived: Sequence[Entry], moment: float) -> list[Entry]:
    """What arrived after a moment, in seconds since 1970."""
    return [entry for entry in arrived if entry.time > moment]
