"""gRPC keeps a refusal until garbage is collected: it must not keep the request with it."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from services.runtime.errors import KompangError, ResourceExhausted
from services.runtime.interceptor import ErrorInterceptor


class Body:
    """Stands for a request of some megabytes."""


class Context:
    """Aborts as gRPC does."""

    async def abort_with_status(self, _status: object) -> None:
        raise grpc.aio.AbortError("Locally aborted.")


@contextmanager
def no_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("error", [ResourceExhausted("too large"), RuntimeError("a defect")])
async def test_a_refusal_holds_no_frame_of_the_call(error: KompangError | RuntimeError) -> None:
    seen: list[weakref.ref[Body]] = []

    async def read() -> None:
        body = Body()
        seen.append(weakref.ref(body))
        raise error.with_traceback(None)

    async def call(_requests: object, _context: object) -> None:
        await read()

    with no_collection():
        try:
            await ErrorInterceptor().unary("/service/Method", call)(None, Context())
        except grpc.aio.AbortError as caught:
            # Kept, as gRPC keeps it.
            kept = caught

        assert isinstance(kept, grpc.aio.AbortError)
        assert [body() for body in seen] == [None]
