"""Sends a file to ImportLeads, again and again from where it stopped, until it is done."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from gateway.cli.leads.imports.file import File
from gateway.client.errors import as_error
from kompang.v1 import imports_pb2 as pb
from services.reasons import Reason
from services.runtime.channel import ENDED_WHILE_WRITING
from services.runtime.errors import KompangError, Unavailable
from services.runtime.retry import Retry

CHUNK = 256 * 1024
# The gateway responds twice a second; after so long without a response it is taken for gone.
_SILENCE_S = 30.0
_PASSING = frozenset({Reason.IMPORT_ELSEWHERE, Reason.TOO_MANY_IMPORTS})

Metadata = tuple[tuple[str, str], ...]
Start = pb.ImportStart | pb.ImportSuppressionsStart
Listener = Callable[[pb.ImportLeadsResponse], None]


class Upload:
    """One file under one request_id; `listener` gets every response of the gateway."""

    def __init__(
        self,
        stub: Any,
        metadata: Metadata,
        file: File,
        start: Start,
        listener: Listener,
    ) -> None:
        is_leads = isinstance(start, pb.ImportStart)
        self._method = "ImportLeads" if is_leads else "ImportSuppressions"
        self._request: Any = pb.ImportLeadsRequest if is_leads else pb.ImportSuppressionsRequest
        self._stub = stub
        self._metadata = metadata
        self._file = file
        self._start = start
        self._listener = listener
        # At a terminal nobody reads a log.
        self._retry = Retry(None)
        self._heard = time.monotonic()

    async def run(self, patience_s: float) -> Any:
        """Until the result, or the report of a dry run.

        Raises `Unavailable` after so many seconds without a response.
        """
        self._heard = time.monotonic()
        while True:
            try:
                return await self._attempt()
            except KompangError as error:
                is_passing = isinstance(error, Unavailable) or error.reason in _PASSING
                if not is_passing or time.monotonic() - self._heard > patience_s:
                    raise
                await self._retry.pause(error)

    async def _attempt(self) -> Any:
        call = getattr(self._stub, self._method)(metadata=self._metadata)
        try:
            return await self._through(call)
        except grpc.aio.AioRpcError as error:
            if error.details() == ENDED_WHILE_WRITING:
                raise Unavailable("the gateway ended the call") from None
            raise as_error(error) from None
        except TimeoutError:
            raise Unavailable("the gateway is silent") from None
        finally:
            call.cancel()

    async def _through(self, call: Any) -> Any:
        responses = _responses(call)
        await call.write(self._request(start=self._start))
        first = await anext(responses)
        self._listener(first)
        async with self._sending(call, first.started.resume_offset):
            async for response in responses:
                self._retry.succeeded()
                self._heard = time.monotonic()
                self._listener(response)
                for end in ("result", "report"):
                    if response.HasField(end):
                        return getattr(response, end)
        raise Unavailable("the gateway ended the call before the result")

    @asynccontextmanager
    async def _sending(self, call: Any, offset: int) -> AsyncIterator[None]:
        """Sends the file beside the reader of the responses, who gets the status of the call."""
        task = asyncio.create_task(self._send(call, offset))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _send(self, call: Any, offset: int) -> None:
        try:
            with self._file.path.open("rb") as opened:
                opened.seek(offset)
                while content := opened.read(CHUNK):
                    chunk = pb.ImportChunk(offset=offset, content=content)
                    await call.write(self._request(chunk=chunk))
                    offset += len(content)
            await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The gateway has ended the call: whoever reads sees its status.
            return
        except OSError:
            call.cancel()
            raise


async def _responses(call: Any) -> AsyncIterator[pb.ImportLeadsResponse]:
    while (response := await _read(call)) is not grpc.aio.EOF:
        yield response


async def _read(call: Any) -> Any:
    async with asyncio.timeout(_SILENCE_S):
        return await call.read()
