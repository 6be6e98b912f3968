"""The state that all parts share: the mesh, the marketer, the people, and notes for later parts."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from infra.local.day.gateway_checks import GatewayChecks
from infra.local.day.marketer import Marketer
from infra.local.day.report import DayReport
from infra.local.day.settings import DaySettings
from infra.local.day.simulated_people import SimulatedPeople
from infra.local.mesh import Mesh
from infra.local.network.ledger import Entry
from infra.local.reconcile import TAKES_EFFECT_S

# Many times the usual duration: the machine may be busy.
_WAIT_S = 90.0
_LOOK_S = 0.1
# A campaign that the day pauses or cancels in the middle lasts at least so long ...
_SPAN_S = 12.0
# ... and at least as long as so many commands: on a slow machine the next command must come before its end.
_SPAN_COMMANDS = 10


@dataclass
class OptOut:
    """A person who wrote a stop word at `at`; `until` is the time at which they wrote a start word."""

    lead: str
    phone: str
    at: float
    until: float | None = None

    def forbids(self, moment: float) -> bool:
        """Whether no message may arrive at this moment."""
        return moment > self.at + TAKES_EFFECT_S and (self.until is None or moment < self.until)


def accepted_after_opt_out(opt_outs: Iterable[OptOut], arrived: Iterable[Entry]) -> list[str]:
    """The resource names of the people to whom the network accepted a message while they were opted out."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for entry in arrived:
        times[entry.recipient].append(entry.time)
    return [each.lead for each in opt_outs if any(map(each.forbids, times[each.phone]))]


@dataclass
class Figures:
    """What the day measured, in seconds; None: the day ended before the measurement."""

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
    report: DayReport
    marketer: Marketer
    gateway: GatewayChecks
    people: SimulatedPeople
    figures: Figures = field(default_factory=Figures)
    opt_outs: list[OptOut] = field(default_factory=list)
    campaigns: dict[str, str] = field(default_factory=dict)
    """The display name of each campaign by its resource name."""

    async def until(self, probe: Callable[[], Awaitable[object]], text: str) -> None:
        """Ask `probe` again and again until its answer is true; `text` says in the report what that means.

        Raises:
            DayEnded: the answer is still false after 90 s.
            ProcessDied: a process of the mesh ended meanwhile.

        """
        deadline = time.monotonic() + _WAIT_S
        while not await probe():
            self.mesh.check()
            if time.monotonic() > deadline:
                self.report.fail(f"within {_WAIT_S:g} s: {text}")
            await asyncio.sleep(_LOOK_S)

    async def until_arrived(self, count: int) -> None:
        """Wait until so many further messages have arrived. Raises as `until`."""
        goal = len(self.people.arrived()) + count

        async def have_arrived() -> bool:
            return len(self.people.arrived()) >= goal

        await self.until(have_arrived, f"{count} more messages arrive")

    async def until_time(self, moment: float) -> None:
        """Wait until a time in seconds since 1970, to see that nothing happens before it."""
        await asyncio.sleep(max(0.0, moment - time.time()))
        self.mesh.check()

    def delay_options(self, messages: int) -> list[str]:
        """Options for `campaigns create`, so that a campaign of so many messages lasts long enough."""
        span = max(_SPAN_S, _SPAN_COMMANDS * self.marketer.slowest_s)
        gap = span / max(1.0, messages / self.settings.devices)
        return ["--min-delay", f"{0.8 * gap:.2f}s", "--max-delay", f"{1.2 * gap:.2f}s"]
