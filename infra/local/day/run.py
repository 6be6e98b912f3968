"""The day from its first process to its verdict."""

import time
from contextlib import AsyncExitStack

from infra.local.day.afternoon import afternoon
from infra.local.day.context import Day, Figures
from infra.local.day.evening import evening
from infra.local.day.gateway_checks import GatewayChecks
from infra.local.day.marketer import Marketer
from infra.local.day.morning import create_account, morning
from infra.local.day.network_behavior import SHORT_TIMEOUTS, behavior
from infra.local.day.noon import noon
from infra.local.day.report import DayEnded, DayReport
from infra.local.day.settings import DaySettings
from infra.local.day.simulated_people import SimulatedPeople
from infra.local.day.verdict import Verdict
from infra.local.demo.network_behavior import as_json
from infra.local.mesh import Mesh
from infra.local.reconcile import Report
from infra.local.servers.stack import LocalStack
from services.runtime.errors import KompangError


async def run(settings: DaySettings) -> Verdict:
    """Start the mesh, play the day, end the mesh.

    Raises:
        LocalError: the mesh cannot start, or lost a process that nobody killed.

    """
    started = time.monotonic()
    report, figures = DayReport(), Figures()
    report.say("starting Postgres, Redis, Consul")
    async with LocalStack() as stack:
        report.say(f"starting gateway, enrollment, 2 dispatch, {settings.hosts} shard hosts, network")
        script = as_json(behavior())
        async with Mesh(stack, hosts=settings.hosts, behavior=script, overrides=SHORT_TIMEOUTS) as mesh:
            report.say(f"ready after {time.monotonic() - started:.1f} s")
            reconciliation = await _play_or_report(settings, mesh, report, figures)
    if report.broken:
        report.section("What did not hold")
        report.show_output("\n".join(report.broken))
    return Verdict(report.held, tuple(report.broken), figures, reconciliation, time.monotonic() - started)


async def _play_or_report(
    settings: DaySettings, mesh: Mesh, report: DayReport, figures: Figures
) -> Report | None:
    """The reconciliation; None when the day ended before it."""
    try:
        reconciliation = await _play(settings, mesh, report, figures)
    except DayEnded:
        reconciliation = None
    except KompangError as error:
        reconciliation = None
        report.check("the gateway answers every call", None, f"{error.code.name}: {error}")
    mesh.check()
    return reconciliation


async def _play(settings: DaySettings, mesh: Mesh, report: DayReport, figures: Figures) -> Report:
    home = mesh.path / "marketer"
    home.mkdir()
    marketer = Marketer(report, home, mesh.stack.path, mesh.gateway_environment)
    report.section("A new customer")
    key = await create_account(marketer, mesh)
    marketer.use_key(key)
    async with AsyncExitStack() as opened:
        gateway = await opened.enter_async_context(
            GatewayChecks.opened(mesh.gateway_address, key, mesh.gateway_trust)
        )
        people = await opened.enter_async_context(SimulatedPeople.opened(mesh))
        day = Day(settings, mesh, report, marketer, gateway, people, figures)
        try:
            await morning(day)
            await afternoon(day, await noon(day))
        except DayEnded:
            report.say("\nThe day cannot go on. The reconciliation follows.")
        return await evening(day, key)
