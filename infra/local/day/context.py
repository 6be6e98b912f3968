"""What every part of the day has at hand, and what it leaves for the evening."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from infra.local.day.gateway_checks import Desk
from infra.local.day.marketer import Marketer
from infra.local.day.report import Story
from infra.local.day.settings import DaySettings
from infra.local.day.simulated_people import SimulatedPeople
from infra.local.mesh import Mesh
from infra.local.network.ledger import Entry
from infra.local.reconcile import SILENT_S

# Many times what it takes: machines have other things to do.
_PATIENCE_S = 90.0
_LOOK_S = 0.1
# How long a campaign takes that something is done to in the middle ...
_SPAN_S = 12.0
# ... counted in commands where this machine takes long for one: the next must come before the end.
_SPAN_COMMANDS = 10


@dataclass
class Stopped:
    """Somebody who wrote a stop word, and when; `until`: the moment they wrote that they are back."""

    lead: str
    phone: str
    at: float
    until: float | None = None

    def forbids(self, moment: float) -> bool:
        """Whether nothing may arrive at this moment."""
        return moment > self.at + SILENT_S and (self.until is None or moment < self.until)


def heard_after_stop(stopped: Iterable[Stopped], arrived: Iterable[Entry]) -> list[str]:
    """Who heard something later than may be after their stop, while it lasted; as resource names."""
    heard: defaultdict[str, list[float]] = defaultdict(list)
    for entry in arrived:
        heard[entry.recipient].append(entry.time)
    return [each.lead for each in stopped if any(map(each.forbids, heard[each.phone]))]


@dataclass
class Figures:
    """What was measured, in seconds; None: it did not come to that."""

    pause_s: float | None = None
    cancel_s: float | None = None
    stop_s: float | None = None
    takeover_s: float | None = None
    leads: int = 0


@dataclass
class Day:
    """One account's day on one mesh."""

    settings: DaySettings
    mesh: Mesh
    story: Story
    marketer: Marketer
    desk: Desk
    street: SimulatedPeople
    figures: Figures = field(default_factory=Figures)
    stopped: list[Stopped] = field(default_factory=list)
    campaigns: dict[str, str] = field(default_factory=dict)
    """What people call each campaign, by its name."""

    async def until(self, probe: Callable[[], Awaitable[object]], what: str) -> None:
        """Look until it is so.

        Raises:
            DayEnded: it is not so after 90 s.
            ProcessDied: a process of the mesh ended meanwhile.

        """
        deadline = time.monotonic() + _PATIENCE_S
        while not await probe():
            self.mesh.check()
            if time.monotonic() > deadline:
                self.story.fails(f"within {_PATIENCE_S:g} s: {what}")
            await asyncio.sleep(_LOOK_S)

    async def until_arrived(self, more: int) -> None:
        """So many messages more than now. Raises as `until`."""
        goal = len(self.street.arrived()) + more

        async def are_there() -> bool:
            return len(self.street.arrived()) >= goal

        await self.until(are_there, f"{more} more messages arrive")

    async def until_time(self, moment: float) -> None:
        """In seconds since 1970: what is looked for is that something does not happen."""
        await asyncio.sleep(max(0.0, moment - time.time()))
        self.mesh.check()

    def pace(self, messages: int) -> list[str]:
        """The delays by which a campaign of so many messages takes long enough to do something to it."""
        span = max(_SPAN_S, _SPAN_COMMANDS * self.marketer.slowest_s)
        gap = span / max(1.0, messages / self.settings.devices)
        return ["--min-delay", f"{0.8 * gap:.2f}s", "--max-delay", f"{1.2 * gap:.2f}s"]
