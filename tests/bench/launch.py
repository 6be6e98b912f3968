"""How fast a launch writes: a campaign over 1,000,000 leads of 3,000 devices, through real processes.

Meanwhile other calls are made, thirty a second of each of several kinds: `launch_rpc_p99_ms` is of all of
them. At the end the whole campaign is cancelled: `cancel_messages_per_s` is of the rows.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import grpc

from gateway.client import dial
from infra.local.mesh import Mesh
from infra.local.servers.stack import LocalStack
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc, devices_pb2, devices_pb2_grpc, leads_pb2, leads_pb2_grpc
from kompang.v1.messages_pb2 import Message
from tests.bench.rig import Figure, say
from tests.support import rows
from tests.support.slowness import patient

DEVICES = 3000
LEADS = 1_000_000
_CALL_S = patient(60.0)
_EVERY_S = 1 / 30

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, display_name, device_id, consent_at, attributes)
SELECT $1, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea), 'Lead ' || n,
    ($2::int[])[1 + n % cardinality($2::int[])], now(),
    jsonb_build_object('city', CASE WHEN n % 50 = 0 THEN 'Ipoh' ELSE 'Klang' END)
FROM generate_series($3::int, $4::int) n
"""
_EXACT = """
SELECT (SELECT count(*) FROM message WHERE campaign_id = $1) AS messages,
    (SELECT count(DISTINCT lead_id) FROM message WHERE campaign_id = $1) AS leads
"""


class _Calls:
    """The gateway's stubs, and how long each call took, in seconds."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.call = {"metadata": [("authorization", f"Bearer {key}")], "timeout": _CALL_S}
        self.campaigns = campaigns_pb2_grpc.CampaignsServiceStub(channel)
        self.leads = leads_pb2_grpc.LeadsServiceStub(channel)
        self.devices = devices_pb2_grpc.DevicesServiceStub(channel)
        self.took_s: list[float] = []

    @asynccontextmanager
    async def going_on(self, name: str, devices: Sequence[int]) -> AsyncIterator[None]:
        """Calls of each kind all the while."""
        self.took_s = []
        kinds = (
            lambda: self.leads.GetLead(leads_pb2.GetLeadRequest(name="leads/77"), **self.call),
            lambda: self.leads.BatchUpsertLeads(_batch(random.choice(devices)), **self.call),
            lambda: self.devices.ListDevices(devices_pb2.ListDevicesRequest(page_size=10), **self.call),
            lambda: self.campaigns.GetCampaign(pb.GetCampaignRequest(name=name), **self.call),
        )
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(self._again_and_again(kind)) for kind in kinds]
            yield
            for loop in loops:
                loop.cancel()

    async def _again_and_again(self, kind) -> None:
        while True:
            started = time.perf_counter()
            await kind()
            self.took_s.append(time.perf_counter() - started)
            await asyncio.sleep(_EVERY_S)

    def p99_ms(self) -> float:
        return 1000 * sorted(self.took_s)[int(len(self.took_s) * 0.99)]

    async def until(self, name: str, done) -> tuple[pb.Campaign, float]:
        """The campaign as a watch shows it, and when that was."""
        async for response in self.campaigns.WatchCampaign(pb.WatchCampaignRequest(name=name), **self.call):
            if done(response.campaign):
                return response.campaign, time.perf_counter()
        raise AssertionError("the watch ended early")


def _batch(device: int) -> leads_pb2.BatchUpsertLeadsRequest:
    phones = (f"+60139{random.randrange(10**6):06d}" for _ in range(20))
    made = [leads_pb2.Lead(phone=phone, device=f"devices/{device}") for phone in sorted(set(phones))]
    return leads_pb2.BatchUpsertLeadsRequest(leads=made)


async def run(stack: LocalStack, *, leads: int = LEADS) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    watch = {"gateway": {"KOMPANG_CAMPAIGN_WATCH_S": "0.05"}}
    mesh = Mesh(stack, hosts=0, dispatchers=1, overrides=watch, traces=False)
    async with mesh, mesh.connection() as owner:
        key = await mesh.create_account("acme")
        devices = await _populate(owner, leads)
        async with dial(mesh.gateway_address, mesh.gateway_trust) as channel:
            figures = await _measure(_Calls(channel, key), owner, devices, leads)
        mesh.check()
    return figures


async def _populate(owner: asyncpg.Connection, leads: int) -> list[int]:
    say(f"writing {leads} leads of {DEVICES} devices")
    account = await owner.fetchval("SELECT id FROM account WHERE slug = 'acme'")
    devices = await rows.devices(owner, account, DEVICES, min_s=5, max_s=15)
    piece = 50_000
    for first in range(1, leads + 1, piece):
        last = min(first + piece - 1, leads)
        await owner.execute(_LEADS, account, devices, first, last, timeout=120)
    await owner.execute("VACUUM (ANALYZE)", timeout=300)
    await owner.execute("CHECKPOINT", timeout=300)
    return devices


async def _measure(
    calls: _Calls, owner: asyncpg.Connection, devices: Sequence[int], leads: int
) -> list[Figure]:
    # The leads that the other calls write meanwhile gave no consent.
    draft = pb.Campaign(
        text="Hi {name}", audience=pb.Audience(filter="attributes.city:k OR attributes.city=Ipoh")
    )
    made = await calls.campaigns.CreateCampaign(pb.CreateCampaignRequest(campaign=draft), **calls.call)
    started = time.perf_counter()
    told = await calls.campaigns.ForecastCampaign(pb.ForecastCampaignRequest(name=made.name), **calls.call)
    forecast_s = time.perf_counter() - started
    say(f"forecast: {told.message_count} messages, in {forecast_s:.1f} s")
    async with calls.going_on(made.name, devices):
        started = time.perf_counter()
        await calls.campaigns.LaunchCampaign(pb.LaunchCampaignRequest(name=made.name), **calls.call)
        running, at = await calls.until(made.name, lambda one: one.state == pb.Campaign.STATE_RUNNING)
        launch_s, launch_p99_ms = at - started, calls.p99_ms()
    say(f"launched in {launch_s:.1f} s, {len(calls.took_s)} other calls")
    exact = await owner.fetchrow(_EXACT, int(made.name[10:]), timeout=120)
    if {*exact.values(), running.progress.message_count, told.message_count} != {leads}:
        raise AssertionError(f"{leads} leads, but {dict(exact)} and {running.progress}")
    async with calls.going_on(made.name, devices):
        started = time.perf_counter()
        await calls.campaigns.CancelCampaign(pb.CancelCampaignRequest(name=made.name), **calls.call)
        ended, at = await calls.until(
            made.name, lambda one: [c.state for c in one.progress.counts] == [Message.STATE_CANCELLED]
        )
        cancel_s, cancel_p99_ms = at - started, calls.p99_ms()
    if ended.state != pb.Campaign.STATE_CANCELLED or ended.progress.message_count != leads:
        raise AssertionError(f"{leads} messages were cancelled, but {ended.progress}")
    return [
        ("launch_messages_per_s", leads / launch_s, "1/s"),
        ("launch_rpc_p99_ms", launch_p99_ms, "ms"),
        ("forecast_s", forecast_s, "s"),
        ("cancel_messages_per_s", leads / cancel_s, "1/s"),
        ("cancel_rpc_p99_ms", cancel_p99_ms, "ms"),
    ]
