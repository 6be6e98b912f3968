"""One campaign of the day: its commands, and the check that a pause or a cancel takes effect in time."""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from infra.local.day.context import Day
from infra.local.day.gateway_checks import ARRIVED
from infra.local.day.lists import OFFER
from infra.local.day.marketer import read_number
from infra.local.network.ledger import Entry
from infra.local.reconcile import TAKES_EFFECT_S
from kompang.v1.messages_pb2 import Message

_NAME = re.compile(r"campaigns/\d+")
_FORECAST = re.compile(r"([\d,]+) of ([\d,]+) leads")
_LEFT_OUT = re.compile(r"([\d,]+) left out: (.+)")


@dataclass(frozen=True)
class Forecast:
    """The messages that a launch would write, the leads of the audience, and who is left out, by reason."""

    messages: int
    audience: int
    left_out: dict[str, int]


class Campaign:
    """Made by `create`. The report shows every command; each method raises DayEnded when a command fails."""

    def __init__(self, day: Day, name: str) -> None:
        self._day = day
        self.name = name

    @classmethod
    async def create(cls, day: Day, title: str, *words: str) -> Self:
        """Create a draft with the day's text."""
        command = ("campaigns", "create", "--text", f"@{OFFER}", "--name", title, *words)
        result = await day.marketer.kompang(*command)
        name = day.report.find(_NAME, result.out)[0]
        day.campaigns[name] = title
        return cls(day, name)

    async def forecast(self) -> Forecast:
        """Run `campaigns forecast` and read what it prints."""
        output = await self._command("forecast")
        found = self._day.report.find(_FORECAST, output)
        left_out = {reason.strip(): read_number(count) for count, reason in _LEFT_OUT.findall(output)}
        return Forecast(read_number(found[1]), read_number(found[2]), left_out)

    async def launch(self) -> None:
        """Run `campaigns launch`."""
        await self._command("launch")

    async def resume(self) -> None:
        """Run `campaigns resume`."""
        await self._command("resume")

    async def resume_refused(self) -> str:
        """Run `campaigns resume` for a campaign that has ended; what the command prints as its error."""
        return (await self._day.marketer.kompang("campaigns", "resume", self.name, code=1)).err

    async def retry(self) -> None:
        """Run `campaigns retry`: send again what failed for a reason that passes."""
        await self._command("retry")

    async def watch(self) -> Counter[str]:
        """Watch the campaign to its end; the counts of its messages by state."""
        await self._command("watch")
        return await self.counts()

    async def pause(self) -> float:
        """Pause; the seconds from the pause to the last message that the network accepted."""
        return await self._seconds_to_last_send("pause")

    async def cancel_unsent(self) -> None:
        """Cancel a campaign of which nothing has been sent, so that there is nothing to measure."""
        await self._command("cancel")

    async def cancel(self) -> float:
        """Cancel; the seconds from the cancel to the last message that the network accepted."""
        return await self._seconds_to_last_send("cancel")

    async def counts(self) -> Counter[str]:
        """Messages by state; those that have arrived or were read since are sent."""
        counts = await self._day.gateway.counts(self.name)
        for state in ARRIVED:
            if messages := counts.pop(state, 0):
                counts["sent"] += messages
        return counts

    async def pending(self) -> list[Message]:
        """The messages that were not sent yet, in the order of the plan."""
        found = await self._day.gateway.messages(self.name, "pending")
        return sorted(found, key=lambda each: each.schedule_time.ToNanoseconds())

    async def _seconds_to_last_send(self, word: str) -> float:
        """Run the command, and watch the network for twice as long as the promise allows."""
        day = self._day
        before = len(day.people.arrived())
        await self._command(word)
        asked = (await day.gateway.campaign(self.name)).update_time.ToNanoseconds() / 1e9
        await day.until_time(max(time.time(), asked) + 2 * TAKES_EFFECT_S)
        arrived = day.people.arrived()
        seconds = max((entry.time - asked for entry in arrived[before:]), default=0.0)
        late = arrived_after(arrived, asked + TAKES_EFFECT_S)
        day.report.check(
            f"the {word} is in effect: the last message arrived {max(0.0, seconds):.2f} s after it",
            not late,
            f"{len(late)} more after {TAKES_EFFECT_S:g} s",
        )
        return max(0.0, seconds)

    async def _command(self, word: str) -> str:
        return (await self._day.marketer.kompang("campaigns", word, self.name)).out


def arrived_after(arrived: Sequence[Entry], moment: float) -> list[Entry]:
    """The messages that arrived after a moment, in seconds since 1970."""
    return [entry for entry in arrived if entry.time > moment]
