"""Attacks page and resume tokens: forged, changed, cut, too long, of another account, method or query."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from kompang.v1 import (
    campaigns_pb2,
    devices_pb2,
    events_pb2,
    imports_pb2,
    leads_pb2,
    messages_pb2,
    sequences_pb2,
)
from tests.integration.gateway.mesh import Client, Gateway, Refusal, lead, refusal, running
from tests.support.database import Database

LISTS: tuple[tuple[str, str, Any], ...] = (
    ("campaigns", "ListCampaigns", campaigns_pb2.ListCampaignsRequest()),
    ("devices", "ListDevices", devices_pb2.ListDevicesRequest()),
    ("leads", "ListLeads", leads_pb2.ListLeadsRequest()),
    ("leads", "ListImports", imports_pb2.ListImportsRequest()),
    ("leads", "ExportLead", leads_pb2.ExportLeadRequest(name="leads/1")),
    ("messages", "ListMessages", messages_pb2.ListMessagesRequest()),
    ("messages", "ListMessages", messages_pb2.ListMessagesRequest(lead="leads/1")),
    ("sequences", "ListSequences", sequences_pb2.ListSequencesRequest()),
    ("sequences", "MoveEnrollments", sequences_pb2.MoveEnrollmentsRequest(name="sequences/cold")),
)
REMEDY = "leave it empty"


@pytest.fixture
async def gateway(database: Database, consul_address: str) -> AsyncIterator[Gateway]:
    async with running(database, consul_address) as started:
        yield started


def guessed(scope: bytes, cursor: tuple[int, ...]) -> str:
    """What a token was before it had a key: a hash that anybody can make who has read the code."""
    place = json.dumps(cursor, separators=(",", ":")).encode()
    digest = hashlib.sha256(len(scope).to_bytes(4, "big") + scope + place).digest()
    return base64.urlsafe_b64encode(digest[:9] + place).decode().rstrip("=")


def forged(request: Any) -> list[str]:
    """Of the attacker's own account (1) and query: beyond a column, deep, long, not even a token."""
    scope = f"1:{request.DESCRIPTOR.full_name}:".encode() + request.SerializeToString(deterministic=True)
    move = f"1:{request.DESCRIPTOR.full_name}:sequences/cold:False".encode()
    cursors = [(2**70,) * length for length in (1, 2, 3)] + [(-1,) * length for length in (1, 2, 3)]
    return [
        *(guessed(each, cursor) for each in (scope, move) for cursor in cursors),
        *("A", "=", "é", "A" * 40, "A" * 60_000, "[" * 4096, base64.urlsafe_b64encode(b"[" * 3000).decode()),
    ]


async def refused(client: Client, service: str, method: str, request: Any, token: str) -> Refusal:
    asked = type(request)()
    asked.CopyFrom(request)
    asked.page_token = token
    return await client.refused(getattr(getattr(client, service), method), asked)


def is_refused_well(refusal: Refusal, field: str = "page_token") -> bool:
    return (
        refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        and list(refusal.violations) == [field]
        and REMEDY in refusal.violations[field]
    )


async def test_no_token_can_be_forged(gateway: Gateway) -> None:
    client = await gateway.client("acme")
    await client.linked(1)
    await client.upserted(lead(1))
    for service, method, request in LISTS:
        for token in forged(request):
            answer = await refused(client, service, method, request, token)
            assert is_refused_well(answer), (method, token[:80])


async def test_a_token_of_another_account_method_or_filter_is_refused(gateway: Gateway) -> None:
    acme, other = await gateway.client("acme"), await gateway.client("other")
    for client in (acme, other):
        await client.linked(2)
        await client.upserted(lead(1), lead(2))
    page = await acme.call(acme.leads.ListLeads, leads_pb2.ListLeadsRequest(page_size=1))
    token = page.next_page_token
    same = leads_pb2.ListLeadsRequest(page_token=token)
    assert [one.name for one in (await acme.call(acme.leads.ListLeads, same)).leads] == ["leads/2"]
    attacks = (
        (other, "leads", "ListLeads", leads_pb2.ListLeadsRequest()),
        (acme, "leads", "ListLeads", leads_pb2.ListLeadsRequest(trigger="HOT")),
        (acme, "devices", "ListDevices", devices_pb2.ListDevicesRequest()),
        (acme, "messages", "ListMessages", messages_pb2.ListMessagesRequest()),
    )
    for client, service, method, asked in attacks:
        assert is_refused_well(await refused(client, service, method, asked, token)), method
    for changed in (token[:-1], token[1:], token + "A", token * 2, token[:-1] + "!"):
        assert is_refused_well(await refused(acme, "leads", "ListLeads", same, changed)), changed


async def test_a_resume_token_is_of_one_account_and_cannot_be_forged(gateway: Gateway) -> None:
    acme, other = await gateway.client("acme"), await gateway.client("other")
    token = (await _first(acme, "")).resume_token
    assert (await _first(acme, token)).resume_token
    attempts = [(other, token), (acme, token[:-1]), (acme, "A" * 60_000)]
    places = ((0, 0), (2**64, 0), (-1, 5), (2**70, 2**70))
    attempts += [(acme, guessed(b"events:1", place)) for place in places]
    for client, attempt in attempts:
        assert is_refused_well(await refusal(_first(client, attempt)), "resume_token"), attempt[:80]


async def test_replicas_share_their_tokens_and_read_those_of_the_secret_before(
    database: Database, consul_address: str
) -> None:
    old, new = "o" * 32, "n" * 32
    async with running(database, consul_address, secret=old) as first:
        client = await first.client("acme")
        await client.linked(1)
        await client.upserted(lead(1), lead(2))
        page = await client.call(client.leads.ListLeads, leads_pb2.ListLeadsRequest(page_size=1))
    asked = leads_pb2.ListLeadsRequest(page_token=page.next_page_token)
    key = client.metadata
    async with running(database, consul_address, secret=f"{new}\n{old}") as second:
        stub = Client(second.channel, "").leads
        assert len((await stub.ListLeads(asked, metadata=key, timeout=10)).leads) == 1
    async with running(database, consul_address, secret=new) as third:
        stub = Client(third.channel, "").leads
        assert is_refused_well(await refusal(stub.ListLeads(asked, metadata=key, timeout=10)))


async def _first(client: Client, token: str) -> Any:
    request = events_pb2.WatchEventsRequest(resume_token=token)
    call = client.events.WatchEvents(request, metadata=client.metadata, timeout=10)
    try:
        return await call.read()
    finally:
        call.cancel()
