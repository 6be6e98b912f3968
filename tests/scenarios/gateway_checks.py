"""An account with devices and leads of two kinds, and all calls of campaigns."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from infra.local.network.ledger import Entry
from kompang.simulation.v1 import behavior_pb2, network_pb2, network_pb2_grpc
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc, devices_pb2
from kompang.v1.messages_pb2 import Message
from services.runtime.channel import connect
from tests.scenarios.integrator import integrator
from tests.scenarios.mesh import Mesh
from tests.support.eventually import eventually
from tests.support.slowness import patient

DEVICES = 8
FEW = 80
MANY = 4_800
MIN_S, MAX_S = 0.2, 0.25

S = pb.Campaign

_LEADS = """
INSERT INTO lead (account_id, phone, phone_hash, display_name, device_id, consent_at, attributes)
SELECT d.account_id, '+6012' || lpad(n::text, 8, '0'), sha256(n::text::bytea), 'Lead ' || n, d.id, now(),
    jsonb_build_object('kind', CASE WHEN n <= $1 THEN 'few' ELSE 'many' END)
FROM generate_series(1, $1::int + $2::int) n
JOIN (SELECT id, account_id, row_number() OVER (ORDER BY id) - 1 AS place FROM device
      WHERE account_id = (SELECT max(id) FROM account)) d
    ON d.place = n % $3::int
"""
_ROWS = "SELECT state::text, count(*) FROM message WHERE campaign_id = $1 GROUP BY 1"


@dataclass
class CampaignCalls:
    """The calls of one account, and the rows in the database as their owner sees them."""

    mesh: Mesh
    campaigns: Any
    call: dict[str, Any]
    owner: asyncpg.Connection

    async def ask(self, method: str, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        return await getattr(self.campaigns, method)(request, **self.call)

    async def drafted(self, kind: str, **fields: Any) -> str:
        audience = pb.Audience(filter=f"attributes.kind = {kind}")
        made = await self.ask("CreateCampaign", campaign=S(text="Hi {name}", audience=audience, **fields))
        return str(made.name)

    async def watched(self, name: str) -> S:
        """The last response of a watch that ends by itself."""
        request = pb.WatchCampaignRequest(name=name)
        seen = [one.campaign async for one in self.campaigns.WatchCampaign(request, **self.call)]
        return seen[-1]

    async def rows(self, name: str) -> Counter[str]:
        return Counter(dict(await self.owner.fetch(_ROWS, int(name.rpartition("/")[2]))))

    async def behave(self, script: behavior_pb2.Behavior) -> None:
        """Sets how the network behaves."""
        async with connect(self.mesh.network_address, traced=False) as channel:
            stub = network_pb2_grpc.NetworkServiceStub(channel)
            await stub.SetBehavior(network_pb2.SetBehaviorRequest(behavior=script), timeout=10)

    def ledger(self) -> list[Entry]:
        return self.mesh.accepted()

    async def until_out_of_step(self, since: float, gap_s: float) -> None:
        """Each device's first send since then: they are spread, by chance less once in 10,000 times."""

        async def firsts() -> dict[str, float] | None:
            found: dict[str, float] = {}
            for entry in self.ledger():
                if entry.time > since and not entry.repeat:
                    found.setdefault(entry.device, entry.mono)
            return found if len(found) == DEVICES else None

        moments = (await eventually(firsts, within_s=60, what="a send of each device")).values()
        assert max(moments) - min(moments) > gap_s / 5

    async def until_accepted(self, count: int) -> None:
        async def is_there() -> bool:
            return len(self.ledger()) >= count

        await eventually(is_there, within_s=60, what=f"{count} accepted messages")


def shown(campaign: S) -> Counter[str]:
    names = Message.State.Name
    return Counter({names(one.state)[6:].lower(): one.message_count for one in campaign.progress.counts})


@asynccontextmanager
async def campaign_calls(mesh: Mesh) -> AsyncIterator[CampaignCalls]:
    key = await mesh.create_account("acme")
    owner = await asyncpg.connect(
        mesh.owner_dsn, ssl=False, timeout=10, server_settings={"search_path": "kompang"}
    )
    try:
        async with integrator(mesh.gateway_address, key, mesh.ca_file) as client:
            await _devices(client.create_devices(DEVICES, min_s=MIN_S, max_s=MAX_S))
        await owner.execute(_LEADS, FEW, MANY, DEVICES, timeout=60)
        async with connect(mesh.gateway_address, traced=False) as channel:
            call = {"metadata": [("authorization", f"Bearer {key}")], "timeout": patient(60)}
            yield CampaignCalls(mesh, campaigns_pb2_grpc.CampaignsServiceStub(channel), call, owner)
    finally:
        await owner.close(timeout=10)


async def _devices(created: Any) -> Sequence[devices_pb2.Device]:
    made: Sequence[devices_pb2.Device] = await created
    assert len(made) == DEVICES
    return made
