"""A stream whose caller is gone ends as one that was cancelled: it is no error of ours."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import grpc
import pytest

from services.runtime.closing import ClosingInterceptor


async def test_a_caller_that_is_gone_cancels_its_stream() -> None:
    closed = asyncio.Event()

    async def numbers(_request: object, _context: object) -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            closed.set()

    async def write(_response: object) -> None:
        raise grpc.aio.InternalError("Failed ExecuteBatch")

    async def continuation(_details: object) -> grpc.RpcMethodHandler:
        return grpc.unary_stream_rpc_method_handler(numbers)

    found = await ClosingInterceptor().intercept_service(continuation, SimpleNamespace())
    with pytest.raises(asyncio.CancelledError):
        await found.unary_stream(None, SimpleNamespace(write=write))
    assert closed.is_set()
