"""What the day looks at through the gateway's calls: its checks, which are not the marketer's business."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc

from infra.local.mesh.readiness import OPTIONS
from kompang.v1 import (
    campaigns_pb2,
    campaigns_pb2_grpc,
    devices_pb2,
    devices_pb2_grpc,
    leads_pb2,
    leads_pb2_grpc,
    messages_pb2,
    messages_pb2_grpc,
)

_CALL_S = 30.0
_PAGE = 1000


class GatewayChecks:
    """One account's calls; each raises `grpc.aio.AioRpcError`."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._call: dict[str, Any] = {"metadata": (("authorization", f"Bearer {key}"),), "timeout": _CALL_S}
        self._campaigns = campaigns_pb2_grpc.CampaignsServiceStub(channel)
        self._devices = devices_pb2_grpc.DevicesServiceStub(channel)
        self._leads = leads_pb2_grpc.LeadsServiceStub(channel)
        self._messages = messages_pb2_grpc.MessagesServiceStub(channel)

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str, key: str) -> AsyncIterator["GatewayChecks"]:
        """At the gateway at host:port."""
        async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
            yield cls(channel, key)

    async def leads(self) -> list[leads_pb2.Lead]:
        """Everybody, oldest first."""
        found: list[leads_pb2.Lead] = []
        request = leads_pb2.ListLeadsRequest(page_size=_PAGE)
        while True:
            page = await self._leads.ListLeads(request, **self._call)
            found += page.leads
            request.page_token = page.next_page_token
            if not request.page_token:
                return found

    async def devices(self) -> Sequence[devices_pb2.Device]:
        """Up to a thousand."""
        request = devices_pb2.ListDevicesRequest(page_size=_PAGE)
        page: devices_pb2.ListDevicesResponse = await self._devices.ListDevices(request, **self._call)
        return page.devices

    async def lead(self, name: str) -> leads_pb2.Lead | None:
        """One person; None: there is no such person any more."""
        try:
            found: leads_pb2.Lead = await self._leads.GetLead(
                leads_pb2.GetLeadRequest(name=name), **self._call
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return None
        return found

    async def campaign(self, name: str) -> campaigns_pb2.Campaign:
        """As it stands."""
        request = campaigns_pb2.GetCampaignRequest(name=name)
        found: campaigns_pb2.Campaign = await self._campaigns.GetCampaign(request, **self._call)
        return found

    async def counts(self, name: str) -> Counter[str]:
        """Its messages by state, in small letters; none where there are none."""
        progress = (await self.campaign(name)).progress
        return Counter(
            {state_name(each.state): each.message_count for each in progress.counts if each.message_count}
        )

    async def messages(self, campaign: str, *states: str) -> Sequence[messages_pb2.Message]:
        """Of a campaign, those in these states."""
        found: list[messages_pb2.Message] = []
        request = messages_pb2.ListMessagesRequest(
            page_size=_PAGE, campaign=campaign, states=[f"STATE_{state.upper()}" for state in states]
        )
        while True:
            page = await self._messages.ListMessages(request, **self._call)
            found += page.messages
            request.page_token = page.next_page_token
            if not request.page_token:
                return found


def state_name(state: "messages_pb2.Message.State") -> str:
    """`pending`."""
    return messages_pb2.Message.State.Name(state).removeprefix("STATE_").lower()
