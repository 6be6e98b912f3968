"""What a shard host writes, frame by frame: bounded in size, and each within its time.

A correct host says hello at once and renews its term every few seconds. Whoever says nothing holds no stream
for ever, and keeps no replica from its end: a drain waits for the streams that are open.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.settings import LONGEST_TERM_S
from services.runtime.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    GenericReason,
    ResourceExhausted,
    Unavailable,
)
from services.runtime.lifecycle import Life
from services.runtime.receiving import Sizes

# A host writes 500 entries a frame, of which none has more than 1,200 bytes.
FRAME_SIZES = Sizes(1024 * 1024)
"""The most bytes of a host's frame; more than 64,000 entries are not even parsed."""
_MOST_ENTRIES = 1000

_HELLO_S = 10.0
_LONGEST_NAME = 255
_MOST_CLIENT_WORDS = 32
# A term is no longer, so the lease of a host that has been silent for so long is another one's.
_SILENT_S = LONGEST_TERM_S


async def greeting(requests: AsyncIterator[pb.AttachRequest], life: Life) -> pb.Hello:
    """The first frame. Raises `FailedPrecondition` for another one, or one that no correct host sends.

    `DeadlineExceeded` for none in time, `Unavailable` when the drain begins first.
    """
    reading = asyncio.ensure_future(anext(requests, None))
    draining = asyncio.ensure_future(life.drained())
    try:
        await asyncio.wait({reading, draining}, timeout=_HELLO_S, return_when=asyncio.FIRST_COMPLETED)
        if life.is_draining:
            raise Unavailable("this replica drains; attach elsewhere")
        if not reading.done():
            raise DeadlineExceeded(f"no `hello` came within {_HELLO_S:g} s; send it first")
        first = reading.result()
    finally:
        reading.cancel()
        draining.cancel()
    if first is None or first.WhichOneof("frame") != "hello":
        raise FailedPrecondition("the first frame of a stream is `hello`")
    return _checked(first.hello)


def _checked(hello: pb.Hello) -> pb.Hello:
    """Raises `FailedPrecondition` for a greeting that no correct host sends and Postgres cannot keep."""
    try:
        is_canonical = str(uuid.UUID(hello.incarnation)) == hello.incarnation
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise FailedPrecondition("`incarnation` is no UUID in its usual form")
    for name in (hello.host_id, hello.consul_session):
        if not name.isprintable() or len(name) > _LONGEST_NAME:
            raise FailedPrecondition("`host_id` and `consul_session` are printable and short")
    told = [word for client in hello.clients.items() for word in client]
    if len(told) > _MOST_CLIENT_WORDS or not all(w.isprintable() and len(w) <= _LONGEST_NAME for w in told):
        raise FailedPrecondition("`clients` are few, printable and short")
    return hello


async def next_frame(requests: AsyncIterator[pb.AttachRequest]) -> pb.AttachRequest | None:
    """One after the greeting, or None at the end. Raises `DeadlineExceeded` when the host is silent for long.

    `ResourceExhausted` for a frame that would hold the event loop.
    """
    try:
        async with asyncio.timeout(_SILENT_S):
            request = await anext(requests, None)
    except TimeoutError:
        raise DeadlineExceeded(f"the host has said nothing for {_SILENT_S:g} s; attach again") from None
    if request is not None:
        if request.WhichOneof("frame") == "hello":
            raise FailedPrecondition("frame `hello` has no place here")
        _bound(request)
    return request


def _bound(request: pb.AttachRequest) -> None:
    count = max(
        len(request.claims.claims),
        len(request.releases.claims),
        len(request.ready.device_ids),
        len(request.outcomes.outcomes),
        len(request.inbound.inbound),
        len(request.device_events.events),
        len(request.receipts.receipts),
    )
    if count > _MOST_ENTRIES:
        text = f"the frame has {count} entries; send at most {_MOST_ENTRIES} at a time"
        raise ResourceExhausted(text, reason=GenericReason.REQUEST_TOO_LARGE)
