"""The day from its first process to its verdict."""

import time
from contextlib import AsyncExitStack

import grpc

from infra.local.day.afternoon import afternoon
from infra.local.day.context import Day, Figures
from infra.local.day.evening import evening
from infra.local.day.gateway_checks import Desk
from infra.local.day.marketer import Marketer
from infra.local.day.morning import morning, open_account
from infra.local.day.noon import noon
from infra.local.day.report import DayEnded, Story
from infra.local.day.settings import DaySettings
from infra.local.day.simulated_people import PATIENCE, SimulatedPeople, as_json, weather
from infra.local.day.verdict import Verdict
from infra.local.mesh import Mesh
from infra.local.reconcile import Report
from infra.local.servers.stack import LocalStack


async def run(settings: DaySettings) -> Verdict:
    """Everything; what was started is gone at the end.

    Raises:
        LocalError: the mesh cannot start, or lost a process that nobody killed.

    """
    started = time.monotonic()
    story, figures = Story(), Figures()
    story.tell("starting Postgres, Redis, Consul")
    async with LocalStack() as stack:
        story.tell(f"starting gateway, enrollment, 2 dispatch, {settings.hosts} shard hosts, network")
        async with Mesh(stack, hosts=settings.hosts, behavior=as_json(weather()), overrides=PATIENCE) as mesh:
            story.tell(f"ready after {time.monotonic() - started:.1f} s")
            report = await _told(settings, mesh, story, figures)
    if story.broken:
        story.chapter("What did not hold")
        story.printed("\n".join(story.broken))
    return Verdict(story.held, tuple(story.broken), figures, report, time.monotonic() - started)


async def _told(settings: DaySettings, mesh: Mesh, story: Story, figures: Figures) -> Report | None:
    """The reconciliation; None when the day ended before."""
    try:
        report = await _played(settings, mesh, story, figures)
    except DayEnded:
        report = None
    except grpc.aio.AioRpcError as error:
        report = None
        story.holds("the mesh does as it is asked", None, f"{error.code().name}: {error.details()}")
    mesh.check()
    return report


async def _played(settings: DaySettings, mesh: Mesh, story: Story, figures: Figures) -> Report:
    home = mesh.path / "marketer"
    home.mkdir()
    marketer = Marketer(story, home, mesh.stack.path, mesh.gateway_address)
    story.chapter("A new customer")
    key = await open_account(marketer, mesh)
    marketer.has_key(key)
    async with AsyncExitStack() as opened:
        desk = await opened.enter_async_context(Desk.opened(mesh.gateway_address, key))
        street = await opened.enter_async_context(SimulatedPeople.opened(mesh))
        day = Day(settings, mesh, story, marketer, desk, street, figures)
        try:
            await morning(day)
            await afternoon(day, await noon(day))
        except DayEnded:
            story.tell("\nThe day cannot go on. What do the books say?")
        return await evening(day, key)
