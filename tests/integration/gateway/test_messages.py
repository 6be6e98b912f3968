"""Messages: one, of a lead, of a sequence, by state; each page by an index."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import asyncpg
import grpc
import pytest

from gateway.api import messages
from kompang.v1 import messages_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway
from tests.support import rows

State = pb.Message.State


async def chained(gateway: Gateway, leads: int) -> list[int]:
    """Two linked sequences of acme's, 2 and 1 steps, and leads enrolled in them; the lead ids."""
    async with gateway.database.connection() as connection:
        devices = await rows.devices(connection, 1, 3)
        cold = await rows.sequence(connection, 1, 2, "cold")
        hot = await rows.sequence(connection, 1, 1, "hot")
        lead_ids = await rows.leads(connection, 1, devices, leads)
        await rows.enrolled(connection, 1, cold, lead_ids, apart_s=3600)
        await connection.execute(
            "INSERT INTO message"
            " (account_id, lead_id, enrollment_id, step_id, device_id, scheduled_at, position)"
            " SELECT 1, e.lead_id, e.id, s.id, l.device_id, now() + interval '1 day', 3"
            " FROM enrollment e JOIN lead l ON l.id = e.lead_id CROSS JOIN sequence_step s"
            " WHERE s.sequence_id = $1",
            hot,
        )
    return lead_ids


async def listed(client: Client, size: int = 50, **wanted: Any) -> list[pb.Message]:
    seen: list[pb.Message] = []
    token = ""
    while True:
        request = pb.ListMessagesRequest(page_size=size, page_token=token, **wanted)
        page = await client.call(client.messages.ListMessages, request)
        assert len(page.messages) <= size
        seen += page.messages
        token = page.next_page_token
        if not token:
            return seen


async def test_one_message_as_it_is_kept(
    acme: Client, other: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    await chained(gateway, 1)
    trace = "0af7651916cd43dd8448eb211c80319c"
    await owner.execute("UPDATE enrollment SET traceparent = $1", f"00-{trace}-b7ad6b7169203331-01")
    await owner.execute(
        "UPDATE message SET state = 'sent', attempts = 2, handed_at = now(), sent_at = now(),"
        " text_hash = decode('00112233445566778899', 'hex') WHERE position = 1"
    )
    wire_id = await owner.fetchval(
        "SELECT wire_id(cluster.id, message.id) FROM cluster, message WHERE position = 1"
    )
    [first, _, third] = await listed(acme)
    assert (first.state, first.reason, first.sequence, first.position) == (
        State.STATE_SENT, "", "sequences/cold", 1,
    )  # fmt: skip
    assert (first.attempt_count, first.wire_id, first.trace_id) == (2, wire_id, trace)
    assert first.text_hash == "0011223344556677"
    assert first.HasField("send_time")
    assert not third.HasField("send_time")
    assert (third.state, third.sequence) == (State.STATE_PENDING, "sequences/hot")
    get = pb.GetMessageRequest(name=first.name)
    assert await acme.call(acme.messages.GetMessage, get) == first
    assert (await other.refused(other.messages.GetMessage, get)).code is grpc.StatusCode.NOT_FOUND


def _combinations() -> Iterator[dict[str, Any]]:
    for lead, sequence, states in product((False, True), ("", "cold", "hot"), ((), (State.STATE_SENT,))):
        wanted: dict[str, Any] = {"states": states}
        if lead:
            wanted["lead"] = "leads/4"
        if sequence:
            wanted["sequence"] = f"sequences/{sequence}"
        yield wanted


@pytest.mark.parametrize("budget", [2, 2000])
async def test_every_filter_finds_exactly_what_it_asks_for(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    monkeypatch.setattr(messages, "_SCAN_BUDGET", budget)
    await chained(gateway, 9)
    await owner.execute("UPDATE message SET state = 'sent' WHERE id % 4 = 0")
    everything = await listed(acme, 1000)
    assert len(everything) == 27
    for wanted in _combinations():
        expected = [
            one
            for one in everything
            if one.lead == wanted.get("lead", one.lead)
            and one.sequence == wanted.get("sequence", one.sequence)
            and (not wanted["states"] or one.state in wanted["states"])
        ]
        for size in (1, 2, 7, 1000):
            assert await listed(acme, size, **wanted) == expected, (wanted, size)


async def test_a_lead_is_listed_in_the_order_it_is_due(acme: Client, gateway: Gateway) -> None:
    leads = await chained(gateway, 3)
    due = [one.schedule_time.ToNanoseconds() for one in await listed(acme, 1, lead=f"leads/{leads[1]}")]
    assert due == sorted(due)
    assert len(due) == 3


async def test_an_unknown_or_foreign_name_is_not_found(acme: Client, other: Client, gateway: Gateway) -> None:
    leads = await chained(gateway, 1)
    for field, name in (("lead", f"leads/{leads[0]}"), ("sequence", "sequences/cold")):
        wanted: dict[str, Any] = {field: name}
        refused = await other.refused(other.messages.ListMessages, pb.ListMessagesRequest(**wanted))
        assert (refused.code, refused.metadata["field"]) == (grpc.StatusCode.NOT_FOUND, field)
    assert await listed(other) == []
    unknown = await acme.refused(acme.messages.GetMessage, pb.GetMessageRequest(name="messages/999999"))
    assert unknown.code is grpc.StatusCode.NOT_FOUND


async def test_a_token_is_good_for_its_query_only(acme: Client, gateway: Gateway) -> None:
    await chained(gateway, 3)
    page = await acme.call(
        acme.messages.ListMessages, pb.ListMessagesRequest(page_size=2, sequence="sequences/cold")
    )
    token = page.next_page_token
    for request in (
        pb.ListMessagesRequest(page_token=token),
        pb.ListMessagesRequest(page_token=token, sequence="sequences/hot"),
        pb.ListMessagesRequest(page_token=token, sequence="sequences/cold", lead="leads/1"),
        pb.ListMessagesRequest(page_token=token[:-2] + "AA", sequence="sequences/cold"),
        pb.ListMessagesRequest(page_token="nonsense", sequence="sequences/cold"),
    ):
        refused = await acme.refused(acme.messages.ListMessages, request)
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(refused.violations) == {"page_token"}
    other_size = pb.ListMessagesRequest(page_size=1, page_token=token, sequence="sequences/cold")
    assert len((await acme.call(acme.messages.ListMessages, other_size)).messages) == 1


async def test_a_bad_filter_is_refused(acme: Client) -> None:
    request = pb.ListMessagesRequest(page_size=-1, lead="x", sequence="sequences/A", states=[0, 99])  # type: ignore[list-item]
    refused = await acme.refused(acme.messages.ListMessages, request)
    assert set(refused.violations) == {"page_size", "lead", "sequence", "states[0]", "states[1]"}
