"""How long a campaign goes on after a pause: 3,000 devices, 600 messages/s, paused again and again.

The gaps are drawn from 2 to 6 s: with one gap for all, the devices would send in step after the first
resume, and a pause in between would measure nothing. From the moment the call was made to the last
acceptance of the network: with the call itself, the hands under way, what hosts wait out, and the way to
the network. At the end it is cancelled, measured likewise.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

from gateway.client import dial
from infra.local.network.ledger import read_ledger
from infra.local.servers.stack import LocalStack
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc
from tests.bench.rig import DEVICES, Figure, Rig, rigged, say
from tests.bench.steady import BEHAVIOR, GAP_S

PAUSES = 5
_LEADS_PER_DEVICE = 30
_WARM_S = 15.0
# After a resume all devices are free at once; their second sends lie evenly in 2 to 6 s.
_RUN_S = 5.5
_MIN_S, _MAX_S = 2.0, 6.0
_LOAD_S = 2.0
# Twice the promise, and more: what comes later would be seen.
_SILENT_S = 5.0
_CALL_S = 30.0

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, display_name, device_id, consent_at)
SELECT d.account_id, '+6012' || lpad(row_number() OVER ()::text, 8, '0'),
    sha256((d.id * 1000 + n)::text::bytea), 'Lead', d.id, now()
FROM device d, generate_series(1, $1::int) n
"""


async def run(stack: LocalStack) -> list[Figure]:
    """Needs a stack started with `durable=True`, and nobody else at its servers."""
    async with rigged(stack, gap_s=GAP_S, behavior=BEHAVIOR) as rig:
        await rig.connection.execute(_LEADS, _LEADS_PER_DEVICE, timeout=120)
        await rig.connection.execute(
            "UPDATE device SET min_delay = make_interval(secs => $1), max_delay = make_interval(secs => $2),"
            " updated_at = now()",
            _MIN_S,
            _MAX_S,
        )
        await rig.connection.execute("VACUUM (ANALYZE)", timeout=120)
        call = {"metadata": [("authorization", f"Bearer {await _key(rig)}")], "timeout": _CALL_S}
        async with dial(rig.mesh.gateway_address, rig.mesh.gateway_trust) as channel:
            return await _measure(rig, campaigns_pb2_grpc.CampaignsServiceStub(channel), call)


async def _key(rig: Rig) -> str:
    """Of the account that has the devices."""
    key = await rig.mesh.create_account("bench")
    await rig.connection.execute(
        "UPDATE api_key SET account_id = (SELECT min(account_id) FROM device) WHERE account_id ="
        " (SELECT id FROM account WHERE slug = 'bench')"
    )
    return key


async def _measure(rig: Rig, campaigns: campaigns_pb2_grpc.CampaignsServiceStub, call: dict) -> list[Figure]:
    made = await campaigns.CreateCampaign(
        pb.CreateCampaignRequest(campaign=pb.Campaign(text="Hi {name}")), **call
    )

    async def ask(method: Callable[..., Awaitable[pb.Campaign]], request: type) -> float:
        """The moment before the call."""
        at = time.time()
        await method(request(name=made.name), **call)
        return at

    await ask(campaigns.LaunchCampaign, pb.LaunchCampaignRequest)
    say(f"warming up for {_WARM_S:.0f} s")
    await _pass(rig, _WARM_S)
    moments = []
    for number in range(PAUSES):
        await _pass(rig, _RUN_S)
        paused = await ask(campaigns.PauseCampaign, pb.PauseCampaignRequest)
        await _pass(rig, _SILENT_S)
        resumed = await ask(campaigns.ResumeCampaign, pb.ResumeCampaignRequest)
        moments.append((paused, resumed))
        say(f"pause {number + 1} of {PAUSES}")
    await _pass(rig, _RUN_S)
    cancelled = await ask(campaigns.CancelCampaign, pb.CancelCampaignRequest)
    await _pass(rig, _SILENT_S)
    times = sorted(entry.time for entry in read_ledger(rig.mesh.ledger_path))
    effects = [max(0.0, _last(times, paused, resumed) - paused) for paused, resumed in moments]
    rates = [sum(paused - _LOAD_S <= at < paused for at in times) / _LOAD_S for paused, _ in moments]
    await _prove(rig, made.name, campaigns, call)
    say(f"pauses took effect after {[round(each, 2) for each in effects]} s")
    return [
        ("pause_effect_s", max(effects), "s"),
        ("cancel_effect_s", max(0.0, _last(times, cancelled, time.time()) - cancelled), "s"),
        ("pause_messages_per_s", min(rates), "1/s"),
    ]


def _last(times: list[float], since: float, until: float) -> float:
    return max((at for at in times if since <= at < until), default=since)


async def _pass(rig: Rig, seconds: float) -> None:
    rig.mesh.check()
    await asyncio.sleep(seconds)


async def _prove(rig: Rig, name: str, campaigns: campaigns_pb2_grpc.CampaignsServiceStub, call: dict) -> None:
    """Never a burst, and counts that are the rows. Raises AssertionError."""
    last: dict[str, list[float]] = {}
    for entry in read_ledger(rig.mesh.ledger_path):
        last.setdefault(entry.device, []).append(entry.mono)
    least = min(after - before for times in last.values() for before, after in pairwise(times))
    if least < _MIN_S - 0.05:
        raise AssertionError(f"two sends of a device {least:.2f} s apart")
    shown = [response.campaign async for response in campaigns.WatchCampaign(
        pb.WatchCampaignRequest(name=name), **call)][-1]  # fmt: skip
    found = await rig.connection.fetch("SELECT count(*) FROM message GROUP BY state")
    if sorted(row[0] for row in found) != sorted(one.message_count for one in shown.progress.counts):
        raise AssertionError(f"counts {shown.progress.counts}, rows {found}")
    if sum(row[0] for row in found) != DEVICES * _LEADS_PER_DEVICE:
        raise AssertionError(f"rows {found}")
