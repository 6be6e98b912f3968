"""A dispatch replica, from its settings to its end."""

import asyncio
import logging
import socket
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from kompang.dispatch.v1 import dispatch_pb2_grpc
from services.callers import CALLERS
from services.consent.phone_hash import PhoneHashes
from services.dispatch.devices.roster import Roster
from services.dispatch.due.clock import DatabaseClock
from services.dispatch.due.scan import Scan
from services.dispatch.frames import FRAME_SIZES
from services.dispatch.hand.hand import Hand
from services.dispatch.inbound.confirmations import Confirmations
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.inbound.waiting import Waiting
from services.dispatch.leases.freed import FreedLeases
from services.dispatch.leases.grants import Grants
from services.dispatch.leases.leases import Leases
from services.dispatch.leases.proof import LockProofs
from services.dispatch.leases.reaper import Reaper
from services.dispatch.outcomes.outcomes import Outcomes
from services.dispatch.receipts.arrivals import Arrivals
from services.dispatch.receipts.receipts import Receipts
from services.dispatch.restores import Restores
from services.dispatch.servicer import DispatchServicer
from services.dispatch.settings import DispatchSettings
from services.dispatch.stores import PLANNER, Stores
from services.dispatch.texts.templates import Templates
from services.dispatch.window.fallback import FallbackWindow
from services.dispatch.window.memory import MemoryWindow
from services.dispatch.window.redis import RedisWindow
from services.journal.journal import Journal
from services.proxies import proxy_sealing
from services.restore.store import Fence, RestoreStore
from services.runtime import redis
from services.runtime.discovery import Discovery
from services.runtime.lifecycle import Life, every
from services.runtime.postgres import Postgres
from services.runtime.retry import Retry
from services.runtime.secret import RootSecret
from services.runtime.server import Server

log = logging.getLogger(__name__)

SERVICE = "dispatch"
PROTO = "kompang.dispatch.v1.DispatchService"
# One connection; a piece of the work that follows a restore may take minutes.
SETTLING = {"postgres_pool_max": 1, "postgres_timeout_s": 600.0}


async def run(settings: DispatchSettings, life: Life) -> None:
    """Serves until the drain is over. Raises what a loop dies of."""
    name = settings.instance or f"{socket.gethostname()}-{uuid.uuid4().hex[:6]}"
    async with AsyncExitStack() as resources:
        fence = Fence(until_settled=True)
        postgres = await resources.enter_async_context(
            Postgres(settings, application="kompang-dispatch", session=PLANNER, on_connect=fence.check)
        )
        # Its connection is not refused while a restore is not settled: it settles it, and may take long.
        settling = await resources.enter_async_context(
            Postgres(settings.model_copy(update=SETTLING), application="kompang-restore")
        )
        connection = redis.connect(settings)
        resources.push_async_callback(connection.aclose)
        discovery = await resources.enter_async_context(Discovery.of(settings))
        journal = Journal.of(settings, name)
        if journal is not None:
            await journal.open()
            resources.callback(journal.close)
        hashes = PhoneHashes(RootSecret.of(settings).derived("phone"))
        stores = Stores.on(postgres, settings.repeats, hashes)
        roster = Roster(settings.ahead_s)
        clock = DatabaseClock()
        window = FallbackWindow(
            RedisWindow(connection, settings.consul_prefix),
            MemoryWindow(settings.window),
            settings.redis_timeout_s,
        )
        scan = Scan(stores.due, roster, window, clock, settings)
        grants = Grants(stores.leases, roster)
        proofs = LockProofs(discovery.locks)
        proxies = proxy_sealing(RootSecret.of(settings))
        leases = Leases(
            stores.leases, stores.devices, roster, proofs, grants, scan.load, settings, proxies.unseal
        )
        inbound = InboundTexts(stores.inbound, grants, journal)
        receipts = Receipts(stores.receipts, grants, settings.outcome_s)
        outcomes = Outcomes(stores.outcomes, stores.devices, roster, grants, settings, inbound.recall)
        confirmations = Confirmations(stores.inbound, roster)
        hand = Hand(
            stores.hand,
            roster,
            window,
            Templates(stores.texts),
            clock,
            settings,
            leases.lost,
            outcomes.add_unsendable,
        )
        restores = Restores(
            RestoreStore(settling), fence, discovery.lock_epoch, journal, leases.forget_epochs
        )
        await Retry("restore", life=life).call(restores.run_once)
        reaper = Reaper(stores.leases, discovery.end_session_of, settings)
        servicer = DispatchServicer(
            name,
            await Retry("cluster", life=life).call(stores.leases.cluster),
            stores.devices,
            roster,
            leases,
            outcomes,
            inbound,
            receipts,
            settings,
            life,
        )
        server = Server(
            settings,
            [(dispatch_pb2_grpc.add_DispatchServiceServicer_to_server, servicer)],
            [PROTO],
            streams=["Attach"],
            callers=CALLERS,
            sizes=FRAME_SIZES,
        )
        await resources.enter_async_context(server)
        loops: list[tuple[float, Callable[[], Awaitable[object]]]] = [
            (settings.cursor_s, scan.advance_cursors),
            (settings.scan_s, confirmations.find),
            (settings.cursor_s, confirmations.expire),
            (settings.cursor_s, Waiting(stores.inbound).run_once),
            (settings.cursor_s, Arrivals(stores.receipts, roster, settings).run_once),
            (settings.refresh_s, leases.refresh),
            (settings.refresh_s, FreedLeases(stores.leases, roster, leases.lost).run_once),
            (settings.reap_s, reaper.run_once),
            (settings.refresh_s, restores.run_once),
        ]
        async with asyncio.TaskGroup() as group:
            group.create_task(every(settings.tick_s, hand.run_once, life, roster.first_credit))
            group.create_task(outcomes.run())
            group.create_task(inbound.run())
            group.create_task(receipts.run())
            group.create_task(every(settings.scan_s, scan.run_once, life, roster.windows_lost))
            for seconds, run_once in loops:
                group.create_task(every(seconds, run_once, life))
            async with discovery.announce(SERVICE, name, server.address, checked_at=server.health_address):
                life.ready(server.address)
                await life.drained()
            await servicer.drain()
            outcomes.close()
            inbound.close()
            receipts.close()
        log.info("drained")
