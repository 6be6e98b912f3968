"""Attacked: the wire itself, with bytes that are no message, by somebody without a key and by a caller."""

import logging

import grpc
import pytest

from gateway.auth import floods
from tests.attacks.fuzz import METHODS
from tests.integration.gateway.mesh import Client, Gateway, refusal, unpacked

_GROUPS = b"\x0b" * 200  # groups opened in each other, none of them closed
_NESTED = b"".join(b"\x0a" + bytes([2 * (100 - n) & 0x7F]) for n in range(100))
_BAD_TEXT = b"\x0a\x03\xff\xed\xa0"
_LEAD = "/kompang.v1.LeadsService/GetLead"
_BYTES = {
    "no message": b"\xff\xff\xff\xff",
    "cut off": b"\x0a\x7f" + b"x" * 3,
    "groups": _GROUPS,
    "deep": _NESTED,
    "an endless varint": b"\x80" * 40,
    "field number 0": b"\x00\x01",
}
_HEALTH = "/grpc.health.v1.Health/Watch"
_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


async def test_bytes_that_are_no_message_are_refused_without_a_word_in_the_log(
    acme: Client, caplog: pytest.LogCaptureFixture
) -> None:
    calls = [
        (f"/{method.containing_service.full_name}/{method.name}", content, method.client_streaming)
        for method in METHODS
        for content in _BYTES.values()
    ]
    for path, content, streaming in [*calls, (_LEAD, _BAD_TEXT, False)]:
        refused = await refusal(_sent(acme, path, content, streaming=streaming))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT, (path, content, refused)
        assert list(refused.violations) == ["request"], path
    assert not _warnings(caplog)


async def test_so_they_are_by_the_services_that_ask_for_no_key(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (_HEALTH, _REFLECTION):
        call = gateway.channel.stream_stream(path)(iter([_GROUPS]), timeout=10)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call.read()
        assert unpacked(refused.value).code is grpc.StatusCode.INVALID_ARGUMENT, path
    assert not _warnings(caplog)


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Without that of the flood that these tests are by their number of calls."""
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return [record.getMessage() for record in warnings if record.name != floods.__name__]


async def test_a_stranger_learns_nothing_but_that_a_key_is_missing(gateway: Gateway) -> None:
    stranger = Client(gateway.channel, "kpg_x_" + "A" * 32)
    refused = await refusal(_sent(stranger, _LEAD, _GROUPS, streaming=False))
    assert refused.code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_bomb_of_unknown_fields_is_passed_over(acme: Client) -> None:
    content = b"\x0a\x07leads/1" + b"\xf8\x7f\x01" * 20_000
    refused = await refusal(_sent(acme, _LEAD, content, streaming=False))
    assert refused.code is grpc.StatusCode.NOT_FOUND


async def test_what_a_caller_says_of_its_trace_is_not_in_the_log(
    acme: Client, caplog: pytest.LogCaptureFixture
) -> None:
    trace = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    states = ("a=60127654321, Ali b", "60127654321", "a=1,a=60127654321", f"a={'60127654321' * 60}")
    baggage = ("60127654321", "=60127654321", f"a={'60127654321' * 500}", "a=1," * 300)
    for header in [("tracestate", each) for each in states] + [("baggage", each) for each in baggage]:
        call = acme.channel.unary_unary(_LEAD)(b"", metadata=(*acme.metadata, trace, header), timeout=10)
        assert (await refusal(call)).code is grpc.StatusCode.INVALID_ARGUMENT
    assert not _warnings(caplog)


async def _sent(client: Client, path: str, content: bytes, *, streaming: bool) -> object:
    kind = client.channel.stream_stream if streaming else client.channel.unary_stream
    call = kind(path)(iter([content]) if streaming else content, metadata=client.metadata, timeout=10)
    return [answer async for answer in call]
