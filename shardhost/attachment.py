"""One stream to dispatch, from Hello to its end (`shardhost.stream` keeps one standing).

It reads, writes and renews at the same time; whatever ends one of the three ends the stream. A renewal
without an answer ends the stream while a sixth of the term is left: the replica may be stopped while its
socket lives.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.containment import contained, contained_all
from services.runtime.group import Group
from shardhost.outbox import Outbox
from shardhost.term import Term

log = logging.getLogger(__name__)

_RENEWALS = 3
_WRITE_S = 10.0
_OF_CLAIMS = frozenset({"leases", "revoke"})

# The second: a write after the other end has ended the stream.
BREAKS = (grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError)


class StreamLost(Exception):
    """The stream ended, or is worth nothing any more."""


class Restart(Exception):
    """The stream is given up to make another one."""


class Attachment:
    """`callbacks` is what to call for each kind of frame."""

    def __init__(
        self, call: Any, outbox: Outbox, term: Term, callbacks: Mapping[str, Callable[[Any], None]]
    ) -> None:
        self._call = call
        self._outbox = outbox
        self._term = term
        self._callbacks = callbacks
        self._writing = asyncio.Lock()
        self._asked: dict[int, float] = {}
        self._renewals = 0
        self._restarted = asyncio.Event()

    async def hello(self, hello: pb.Hello, within_s: float) -> tuple[pb.Welcome, bool]:
        """Begin the term anew; returns the Welcome, and whether the term before it had not run out.

        Raises StreamLost, or one of `BREAKS`.
        """
        asked_at = self._term.clock()
        async with asyncio.timeout(within_s):
            await self._call.write(pb.AttachRequest(hello=hello))
            answer = await self._call.read()
        if answer is grpc.aio.EOF or answer.WhichOneof("frame") != "welcome":
            raise StreamLost("no Welcome")
        return answer.welcome, self._term.restart(asked_at, answer.welcome.term_ms / 1000)

    def restart(self) -> None:
        """End the stream: `serve` raises Restart, also when it is called later."""
        self._restarted.set()

    async def serve(self) -> None:
        """Read, write and renew until one of them ends. Raises StreamLost, Restart or one of `BREAKS`."""
        ended: BaseException | None = None
        try:
            async with Group() as group:
                for loop in (self._read, self._write, self._renew):
                    group.create_task(loop(), name=loop.__name__)
                await self._restarted.wait()
                raise Restart
        except* (StreamLost, Restart, *BREAKS) as lost:
            ended = lost.exceptions[0]
        if ended:
            raise ended

    async def _read(self) -> None:
        while (response := await self._call.read()) is not grpc.aio.EOF:
            kind = response.WhichOneof("frame")
            if kind == "renewed":
                self._renewed(response.renewed.renew_id)
            elif kind == "drain":
                raise StreamLost("the replica drains")
            elif kind in self._callbacks:
                self._take(kind, getattr(response, kind))
            else:
                log.warning("frame of an unknown kind", extra={"kind": kind})
        raise StreamLost("the replica ended it")

    def _take(self, kind: str, frame: Any) -> None:
        """A frame that fails as a whole is lost, and with it what its sender waits for: both begin anew."""
        # An error of the claims leaves nobody knowing what this host may do: it ends the host.
        raised = (Exception,) if kind in _OF_CLAIMS else ()
        with contained("shardhost.frame", raised=raised, frame=kind) as ended:
            self._callbacks[kind](frame)
        if ended.error is not None:
            raise StreamLost("a frame could not be taken")

    async def _write(self) -> None:
        while True:
            await self._outbox.wait()
            frames = self._outbox.frames()
            while (frame := self._next(frames)) is not None:
                await self._put(frame)

    def _next(self, frames: Iterator[pb.AttachRequest]) -> pb.AttachRequest | None:
        with contained_all("shardhost.frame_made"):
            return next(frames, None)
        raise StreamLost("a frame could not be made")

    async def _renew(self) -> None:
        """Renews every third of the term; gives up when a sixth of it is left."""
        sixth = self._term.length / _RENEWALS / 2
        while True:
            for _ in range(2):
                await asyncio.sleep(sixth)
                if self._term.clock() > self._term.deadline - sixth:
                    raise StreamLost("renewals are not answered")
            self._renewals += 1
            self._asked[self._renewals] = self._term.clock()
            await self._put(pb.AttachRequest(renew=pb.Renew(renew_id=self._renewals)))

    async def _put(self, frame: pb.AttachRequest) -> None:
        """One write at a time is all that gRPC takes."""
        async with self._writing, asyncio.timeout(_WRITE_S):
            await self._call.write(frame)

    def _renewed(self, renew_id: int) -> None:
        if not self._term.holds():
            raise StreamLost("the term ran out")
        asked_at = self._asked.pop(renew_id, None)
        if asked_at is not None:
            self._term.extend(asked_at)
