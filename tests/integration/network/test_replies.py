"""What people write to devices, from the network to the host's ear."""

from typing import Any

import grpc
import pytest

from kompang.simulation.v1 import network_pb2
from tests.integration.network.conftest import Face
from tests.support.slowness import patient


async def reply(network: Face, text: str, **fields: Any) -> network_pb2.ReplyResponse:
    given: dict[str, Any] = {"phone": "60111", "sender": "60123", "text": text} | fields
    return await network.stub.Reply(network_pb2.ReplyRequest(**given), timeout=patient(5.0))


async def test_a_reply_reaches_the_live_session_once(network: Face) -> None:
    _, told = await network.hosts.session()
    made = await reply(network, "Stop")
    assert made.delivered
    assert await reply(network, "Stop", reply_id=made.reply_id)
    await reply(network, "Hi", sender="60124")
    first, second = await told.next_inbound(), await told.next_inbound()
    assert (first.inbound_id, first.sender, first.text) == (made.reply_id, "60123", "Stop")
    assert (second.sender, second.text) == ("60124", "Hi")


async def test_a_reply_waits_for_a_session_and_comes_again_until_it_is_confirmed(network: Face) -> None:
    assert not (await reply(network, "Stop", reply_id="r1")).delivered
    session, told = await network.hosts.session("host-a")
    assert (await told.next_inbound()).inbound_id == "r1"
    # Its host dies without a word; the next one hears it too.
    successor, heard = await network.hosts.session("host-b")
    assert (await heard.next_inbound()).inbound_id == "r1"
    session.confirm("r1")  # of a session that is over: says nothing
    successor.confirm("r1")
    await reply(network, "Hi", reply_id="r2")
    assert (await heard.next_inbound()).inbound_id == "r2"
    successor.confirm("r2")
    await successor.close()
    await reply(network, "Bye", reply_id="r3")
    _, last = await network.hosts.session("host-c")
    assert (await last.next_inbound()).inbound_id == "r3"


async def test_a_person_may_be_told_by_identity_with_a_number_or_without(network: Face) -> None:
    _, told = await network.hosts.session()
    await reply(network, "Hi", lid="99887766")
    await reply(network, "Stop", sender="", lid="99887766")
    await reply(network, "Stop", by_identity=True)
    first, second, third = [await told.next_inbound() for _ in range(3)]
    assert [(each.sender, each.lid) for each in (first, second)] == [("60123", "99887766"), ("", "99887766")]
    assert (third.sender, len(third.lid)) == ("", 15)


@pytest.mark.parametrize("field", ["phone", "sender", "text"])
async def test_a_reply_needs_all_its_parts(network: Face, field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=field) as refused:
        await reply(network, **({"text": "Stop"} | {field: ""}))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", "a" * 100_000), ("reply_id", "r" * 1000), ("sender", "6" * 99)],
    ids=["text", "reply_id", "sender"],
)
async def test_a_reply_that_no_frame_could_hold_is_refused(network: Face, field: str, value: str) -> None:
    """A frame of many such replies would break the stream of the device's host at every attempt."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reply(network, **{"text": "Hi", field: value})
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in (refused.value.details() or "")
