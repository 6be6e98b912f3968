"""The enrollment process, from settings to drain; `__main__` and the tests call the same `run`."""

import asyncio
import secrets
from contextlib import AsyncExitStack

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.callers import CALLERS
from services.enrollment.campaigns.counts import Counts
from services.enrollment.campaigns.launch import Launches
from services.enrollment.campaigns.store import PLANNER, CampaignStore
from services.enrollment.campaigns.sweeps.store import SweepStore
from services.enrollment.campaigns.sweeps.sweeps import Sweeps
from services.enrollment.moves.mover import Mover
from services.enrollment.moves.store import MoveStore
from services.enrollment.run_queue import RunQueue
from services.enrollment.scan import Scanner
from services.enrollment.servicer import EnrollmentServicer
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import EnrollmentStore
from services.restore.store import Fence
from services.runtime import telemetry
from services.runtime.discovery import Discovery
from services.runtime.lifecycle import Life, every
from services.runtime.postgres import Postgres
from services.runtime.server import Server

_SERVICE = enrollment_pb2.DESCRIPTOR.services_by_name["EnrollmentService"].full_name


async def run(settings: EnrollmentSettings, life: Life) -> None:
    """Serves and scans until `life` drains; then batches in flight are finished, and nothing else."""
    instance = settings.instance or f"enrollment-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.configured("enrollment", instance))
        # Nobody is enrolled before it is settled who may have been enrolled by what a restore has lost.
        fence = Fence(until_settled=True)
        postgres = await stack.enter_async_context(
            Postgres(settings, application="kompang-enrollment", on_connect=fence.check)
        )
        pieces = await stack.enter_async_context(
            Postgres(settings, application="kompang-campaigns", session=PLANNER, on_connect=fence.check)
        )
        discovery = await stack.enter_async_context(Discovery.of(settings))
        group = await stack.enter_async_context(asyncio.TaskGroup())

        store = EnrollmentStore(postgres)
        runs = RunQueue(store, Scanner(store, settings, life), group, life)
        mover = Mover(MoveStore(pieces), settings, life)
        register = enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server
        server = await stack.enter_async_context(
            Server(settings, [(register, EnrollmentServicer(runs, mover))], [_SERVICE], callers=CALLERS)
        )
        await stack.enter_async_context(
            discovery.announce("enrollment", instance, server.address, checked_at=server.health_address)
        )
        group.create_task(every(settings.enrollment_interval_s, runs.every_account, life), name="scan")
        campaigns = CampaignStore(pieces)
        for name, look in {
            "launches": Launches(campaigns, settings, life).run_once,
            "sweeps": Sweeps(SweepStore(pieces), settings, life).run_once,
            "counts": Counts(campaigns).run_once,
        }.items():
            group.create_task(every(settings.campaign_interval_s, look, life), name=name)
        life.ready(server.address)
        await life.drained()
