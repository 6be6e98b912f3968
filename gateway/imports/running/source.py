"""The bytes of a file as a caller sends them: in order, from where they are needed, and all of one file."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from gateway.imports.model import Import
from kompang.v1 import imports_pb2 as pb
from services.runtime.errors import InvalidArgument, Unavailable, Violation
from services.runtime.lifecycle import Life

HEAD_BYTES = 64 * 1024
MAX_CHUNK = 256 * 1024


class SilentCaller(Exception):
    """The caller sent nothing for too long."""


class Incoming:
    """The messages of one call; waiting for the next one ends with the drain, and after `timeout_s`."""

    def __init__(self, requests: AsyncIterator[Any], life: Life, timeout_s: float) -> None:
        self._requests = requests
        self._life = life
        self._timeout_s = timeout_s

    async def next(self) -> pb.ImportLeadsRequest | None:
        """None when the caller has closed its side.

        Raises `Unavailable` when the process drains, `SilentCaller` when the time is over.
        """
        coming = asyncio.ensure_future(anext(self._requests, None))
        draining = asyncio.ensure_future(self._life.drained())
        try:
            done, _ = await asyncio.wait(
                {coming, draining}, timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if self._life.is_draining:
                raise drained()
            if not done:
                raise SilentCaller
            return coming.result()
        finally:
            coming.cancel()
            draining.cancel()


def drained() -> Unavailable:
    """The refusal of a call while the process drains: the batches that are committed stay."""
    return Unavailable(
        "this gateway is going down; send the import again: the import continues where it stopped"
    )


class Source:
    """Gives the bytes after the import's place, and none before the head is known to be that of the file."""

    def __init__(self, incoming: Incoming, found: Import, start: pb.ImportStart) -> None:
        """Raises `InvalidArgument` when the file is known to be another one."""
        self._incoming = incoming
        self._start = start
        self._known_head = found.head_hash
        self._place = found.place.offset
        # A caller who does not give the hash of the head sends the head itself.
        self.begin = self._place if start.head_sha256 else 0
        self._offset: int | None = None
        self._head: bytearray | None = bytearray()
        self.head_hash = b""
        if start.head_sha256:
            self._settle(start.head_sha256)

    async def read(self) -> bytes | None:
        """The next bytes from the place on; None at the end of the file. Raises `InvalidArgument`."""
        held = bytearray()
        while True:
            request = await self._incoming.next()
            chunk = None if request is None else _chunk(request)
            if chunk is None:
                self._end()
            else:
                self._refuse_gap(chunk.offset)
                self._learn_head(chunk)
                self._offset = chunk.offset + len(chunk.content)
                held += chunk.content[max(0, self._place - chunk.offset) :]
            if chunk is None or (held and self._head is None):
                return bytes(held) or None

    def _refuse_gap(self, offset: int) -> None:
        expected = self.begin if self._offset is None else self._offset
        if offset != expected and not (self._offset is None and offset == 0):
            raise _bad("chunk.offset", f"is not the next byte of the file; send the bytes from {expected} on")

    def _learn_head(self, chunk: pb.ImportChunk) -> None:
        if self._offset is None and chunk.offset > 0:
            self._head = None
        if self._head is not None:
            self._head += chunk.content[: HEAD_BYTES - chunk.offset]
            if len(self._head) == HEAD_BYTES:
                self._compare_head()

    def _compare_head(self) -> None:
        found = hashlib.sha256(self._head or b"").digest()
        self._head = None
        if self._start.head_sha256 and found != self._start.head_sha256:
            raise _bad(
                "start.head_sha256",
                "is not that of the bytes sent; compute it over the first 65,536 bytes of the file",
            )
        self._settle(found)

    def _settle(self, head_hash: bytes) -> None:
        if self._known_head and head_hash != self._known_head:
            raise other_file()
        self.head_hash = head_hash

    def _end(self) -> None:
        size = self.begin if self._offset is None else self._offset
        if self._start.size and size != self._start.size:
            raise _bad(
                "start.size",
                f"says {self._start.size} bytes, the file ended at {size}; send all of it, the import goes on"
                " where it stopped",
            )
        if self._head is not None and (self._offset is not None or self.begin == 0):
            self._compare_head()


def other_file() -> InvalidArgument:
    """One request_id is one file."""
    return _bad("start.request_id", "was used for another file before; send a new UUID, or that file")


def _chunk(request: pb.ImportLeadsRequest) -> pb.ImportChunk:
    if request.WhichOneof("part") != "chunk":
        raise _bad("part", "must be a chunk after the first message; send start only once")
    if len(request.chunk.content) > MAX_CHUNK:
        raise _bad(
            "chunk.content", f"is {len(request.chunk.content)} bytes long; send at most {MAX_CHUNK} at a time"
        )
    return request.chunk


def _bad(field: str, description: str) -> InvalidArgument:
    return InvalidArgument([Violation(field, description)])
