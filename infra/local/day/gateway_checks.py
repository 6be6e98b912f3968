"""Reads the public API for the checks of the day: what the marketer's commands need not show."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from gateway.client import Client, Trust
from kompang.v1 import campaigns_pb2, devices_pb2, leads_pb2, messages_pb2
from services.runtime.errors import NotFound


class GatewayChecks:
    """The reads of one account; each raises `services.runtime.errors.KompangError`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str, key: str, trust: Trust) -> AsyncIterator["GatewayChecks"]:
        """Connect to the gateway at host:port."""
        async with Client.opened(address, key, trust) as client:
            yield cls(client)

    async def leads(self) -> list[leads_pb2.Lead]:
        """Every lead, oldest first."""
        pages = self._client.pages(self._client.leads.ListLeads, leads_pb2.ListLeadsRequest(), "leads")
        return [lead async for lead in pages]

    async def devices(self) -> list[devices_pb2.Device]:
        """Every device."""
        request = devices_pb2.ListDevicesRequest()
        pages = self._client.pages(self._client.devices.ListDevices, request, "devices")
        return [device async for device in pages]

    async def lead(self, name: str) -> leads_pb2.Lead | None:
        """One lead; None: there is no such lead any more."""
        request = leads_pb2.GetLeadRequest(name=name)
        try:
            return cast("leads_pb2.Lead", await self._client.call(self._client.leads.GetLead, request))
        except NotFound:
            return None

    async def campaign(self, name: str) -> campaigns_pb2.Campaign:
        """One campaign."""
        request = campaigns_pb2.GetCampaignRequest(name=name)
        found = await self._client.call(self._client.campaigns.GetCampaign, request)
        return cast("campaigns_pb2.Campaign", found)

    async def counts(self, name: str) -> Counter[str]:
        """A campaign's messages by state, in small letters; states without messages are left out."""
        progress = (await self.campaign(name)).progress
        return Counter(
            {state_name(each.state): each.message_count for each in progress.counts if each.message_count}
        )

    async def messages(self, campaign: str, *states: str) -> Sequence[messages_pb2.Message]:
        """The messages of a campaign that are in one of these states."""
        request = messages_pb2.ListMessagesRequest(
            campaign=campaign, states=[f"STATE_{state.upper()}" for state in states]
        )
        pages = self._client.pages(self._client.messages.ListMessages, request, "messages")
        return [message async for message in pages]


# What becomes of a message that was sent, in its own time.
ARRIVED = ("delivered", "read")
WENT = ("sent", *ARRIVED)


def state_name(state: "messages_pb2.Message.State") -> str:
    """`pending`, for STATE_PENDING."""
    return messages_pb2.Message.State.Name(state).removeprefix("STATE_").lower()
