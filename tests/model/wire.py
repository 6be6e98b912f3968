"""gRPC between hosts and dispatch: one `Attach` is a `Call`, with a queue each way.

Each way keeps its order; the two ways, and two calls, do not wait for each other. So what a host wrote
on a stream that is over may reach dispatch after what it wrote on the next one. While a host is cut
from dispatch frames wait; after KEEPALIVE_S of it either end is told, by itself, that the stream broke.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

import grpc

from services.dispatch.servicer import DispatchServicer
from services.runtime.errors import KompangError
from tests.model.loop import Process

KEEPALIVE_S = 2.4


class Line(Protocol):
    """Between a host and dispatch."""

    def delay(self) -> float:
        """Seconds that a frame written now takes; more than KEEPALIVE_S: it does not arrive."""


class Pipe:
    """One way: frames in their order, then the end."""

    def __init__(self, reader: Process) -> None:
        self._reader = reader
        self._frames: deque[Any] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._last = 0.0
        self.error: Exception | None = None
        self.is_over = False

    def put(self, frame: Any, delay: float) -> None:
        """Arrives after `delay`, and never before what was put earlier."""
        now = self._reader.timeline.now
        self._last = max(self._last, now + delay)
        self._reader.arrive(self._last - now, self._arrived, frame)

    def end(self, error: Exception | None = None, delay: float = 0.0) -> None:
        """After everything that is under way; an error is raised to the reader."""
        now = self._reader.timeline.now
        self._last = max(self._last, now + delay)
        self._reader.arrive(self._last - now, self._ended, error)

    async def get(self) -> Any:
        """The next frame, grpc.aio.EOF at the end."""
        while not self._frames:
            if self.is_over:
                if self.error:
                    raise self.error
                return grpc.aio.EOF
            self._waiting = self._reader.create_future()
            await self._waiting
        return self._frames.popleft()

    def _arrived(self, frame: Any) -> None:
        if not self.is_over:
            self._frames.append(frame)
            self._wake()

    def _ended(self, error: Exception | None) -> None:
        if not self.is_over:
            self.is_over, self.error = True, error
            if error:
                self._frames.clear()
            self._wake()

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)


class Call:
    """A host's end of a stream, and the task that serves it at the other."""

    def __init__(self, host: Process, replica: Process, servicer: DispatchServicer, line: Line) -> None:
        self._host = host
        self._replica = replica
        self._servicer = servicer
        self._line = line
        self._up = Pipe(replica)
        self._down = Pipe(host)
        self._serving: asyncio.Task[None] | None = None
        self._is_cancelled = False
        replica.arrive(max(0.0005, line.delay()), self._begin)

    # The host's end

    async def write(self, frame: Any) -> None:
        if self._down.is_over or self._is_cancelled:
            raise asyncio.InvalidStateError("the stream is over")
        self._transmit(self._up, frame)

    async def read(self) -> Any:
        return await self._down.get()

    def cancel(self) -> None:
        if not self._is_cancelled and not self._host.is_dead:
            self._is_cancelled = True
            self._replica.arrive(self._line.delay(), self._drop)

    # What happens to it

    def break_(self, delay: float = 0.0) -> None:
        """Both ends are told that the connection is gone."""
        self._host.arrive(delay, self._down._ended, unavailable())
        self._replica.arrive(delay, self._drop)

    def _transmit(self, pipe: Pipe, frame: Any) -> None:
        delay = self._line.delay()
        if delay > KEEPALIVE_S:
            self.break_(KEEPALIVE_S)
        else:
            pipe.put(frame, delay)

    # The replica's end

    def _begin(self) -> None:
        self._serving = self._replica.create_task(self._serve())

    def _drop(self) -> None:
        self._up._ended(unavailable())
        if self._serving:
            self._serving.cancel()

    async def _serve(self) -> None:
        try:
            async with aclosing(self._servicer.Attach(self._requests(), None)) as answers:  # type: ignore[type-var]
                async for answer in answers:
                    self._transmit(self._down, answer)
        except (KompangError, grpc.aio.AioRpcError):
            pass
        finally:
            if not self._replica.is_dead:
                self._down.end(unavailable(), self._line.delay())

    async def _requests(self) -> AsyncGenerator[Any, None]:
        while (frame := await self._up.get()) is not grpc.aio.EOF:
            yield frame


def unavailable() -> grpc.aio.AioRpcError:
    """What a reader is told of a broken stream."""
    return grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
