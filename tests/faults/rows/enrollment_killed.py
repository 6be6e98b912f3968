"""Row 14: two enrollment replicas are killed at random moments while 20,000 leads are enrolled."""

import asyncio
import random

import grpc

from infra.local.mesh import Mesh
from tests.faults.context import FaultRun, fault_run
from tests.faults.owner import Owner
from tests.faults.progress import say
from tests.faults.verdict import Broken
from tests.scenarios.integrator import MESSAGES, TRIGGER, Integrator, integrator

_REPLICAS = ("enrollment-1", "enrollment-2")
_APART_S = 86_400.0
_RUN_S = 120.0
_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, display_name, trigger, device_id, consent_at)
SELECT d.account_id, '+6019' || lpad(n::text, 8, '0'),
    sha256(convert_to(d.account_id || ':+6019' || lpad(n::text, 8, '0'), 'UTF8')),
    'Lead ' || n, $2, d.id, now()
FROM generate_series(1, $1::int) n
JOIN account a ON a.slug = 'enrolled' JOIN device d ON d.account_id = a.id
"""
_ENROLLED = """
SELECT (SELECT count(*) FROM lead WHERE trigger = $1) AS leads, (
    SELECT count(*) FROM enrollment e JOIN sequence s ON s.id = e.sequence_id WHERE s.trigger = $1
) AS enrolled
"""
_WRONG = """
SELECT count(*) FROM (
    SELECT l.id FROM lead l LEFT JOIN message m ON m.lead_id = l.id
    WHERE l.trigger = $1 GROUP BY l.id
    HAVING count(m.id) <> $2 OR count(DISTINCT m.position) <> $2 OR count(DISTINCT m.enrollment_id) <> 1
) wrong
"""

# In parts, each of which ends in time on a busy machine.
_TAKE_AWAY = """
UPDATE message m SET state = 'cancelled', reason = 'stopped'
FROM (
    SELECT p.id, p.scheduled_at FROM message p JOIN account a ON a.id = p.account_id
    WHERE a.slug = 'enrolled' AND p.state = 'pending' LIMIT $1
) part
WHERE m.id = part.id AND m.scheduled_at = part.scheduled_at
RETURNING m.id
"""
_PART = 20_000


async def run(draw: random.Random, leads: int = 20_000) -> str:
    """How many kills it took. Raises Broken."""
    # Slowed down, so that there is something to interrupt.
    slowly = {"enrollment": {"KOMPANG_ENROLLMENT_LEADS_PER_SECOND": "800"}}
    async with fault_run(draw, enrollments=2, overrides=slowly) as stage:
        key = await stage.mesh.create_account("enrolled")
        async with integrator(stage.mesh.gateway_address, key, stage.mesh.ca_file) as client:
            await client.create_devices(1, min_s=1, max_s=1)
            await client.create_chain(apart_s=_APART_S)
            await stage.owner.fetch(_LEADS, leads, TRIGGER)
            kills = await _enroll(stage, client, leads)
        wrong = await stage.owner.value(_WRONG, TRIGGER, MESSAGES)
        if wrong:
            raise Broken(f"{wrong} leads have not each of their {MESSAGES} messages exactly once")
        await _take_away(stage.owner)
        accepted = await stage.finish()
    return f"{leads} leads × {MESSAGES} messages through {kills} kills; {accepted} sends meanwhile"


async def _enroll(stage: FaultRun, client: Integrator, leads: int) -> int:
    """Ask, kill, start, ask again, until every lead is enrolled; the number of kills."""
    kills = 0
    async with asyncio.timeout(_RUN_S), asyncio.TaskGroup() as group:
        asking = group.create_task(_ask(client, stage, leads))
        while not asking.done():
            await stage.pause(0.5, 2.5)
            if not asking.done():
                await _kill(stage.mesh, stage.draw.choice(_REPLICAS))
                kills += 1
                [found] = await stage.owner.fetch(_ENROLLED, TRIGGER)
                say(f"kill {kills}: {found['enrolled']} of {found['leads']} enrolled")
    return kills


async def _ask(client: Integrator, stage: FaultRun, leads: int) -> None:
    while True:
        try:
            await client.run_enrollment()
        except grpc.aio.AioRpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise
        [found] = await stage.owner.fetch(_ENROLLED, TRIGGER)
        if found["enrolled"] == leads:
            return
        await asyncio.sleep(0.1)


async def _kill(mesh: Mesh, name: str) -> None:
    mesh.kill(name)
    await mesh.start(name)


async def _take_away(owner: Owner) -> None:
    """Their messages are due in days: the row ends before."""
    while await owner.fetch(_TAKE_AWAY, _PART):
        pass
