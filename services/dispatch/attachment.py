"""One shard host's stream, as dispatch holds it."""

import asyncio
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb

log = logging.getLogger(__name__)

# Frames waiting to be read by a host. Credits bound the messages in them; a host this far behind is stuck.
_MOST_FRAMES = 1000

_numbers = itertools.count(1)


class Attachment:
    """The outgoing half of a stream, and who is at the other end.

    `stream` is the number under which Postgres knows this stream: only while it is the host's newest
    do hands through it pass. `number` only grows: of two streams of a host, the newer has the larger.
    """

    def __init__(self, hello: pb.Hello) -> None:
        self.host_id = hello.host_id
        self.incarnation = hello.incarnation
        self.consul_session = hello.consul_session
        # By transport, the version of the client that the host runs.
        self.clients = dict(hello.clients)
        self.stream = secrets.randbits(62)
        self.number = next(_numbers)
        self._frames: asyncio.Queue[pb.AttachResponse | None] = asyncio.Queue(_MOST_FRAMES)
        self._templates: set[int] = set()
        self._wordings: set[int] = set()
        self._is_closed = False

    def send(self, **frame: Any) -> None:
        """Queues one frame: `send(welcome=…)`.

        A host that does not read loses its stream, and no other host waits for it. A closed stream swallows
        nothing that matters: what was handed through it is found again by the host's next attachment.
        """
        if self._is_closed:
            return
        try:
            self._frames.put_nowait(pb.AttachResponse(**frame))
        except asyncio.QueueFull:
            log.warning("a shard host does not read its stream", extra={"host": self.host_id})
            self.close()

    def send_messages(
        self,
        messages: list[pb.OutgoingMessage],
        templates: Mapping[int, pb.Template],
        wordings: Mapping[int, pb.Wording],
    ) -> None:
        """Queues messages, each template and wording once a stream and ahead of its first message."""
        # 0: it is only asked about, and says nothing.
        steps = {message.template_id for message in messages} - self._templates - {0}
        # 0 is the product's own, which hosts know.
        needed = {message.wording_id for message in messages} - self._wordings - {0}
        self.send(
            messages=pb.MessageFrame(
                templates=[templates[number] for number in sorted(steps)],
                wordings=[wordings[number] for number in sorted(needed)],
                messages=messages,
            )
        )
        self._templates |= steps
        self._wordings |= needed

    def close(self) -> None:
        """Ends `frames` once what is queued has been read."""
        self._is_closed = True
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def frames(self) -> AsyncIterator[pb.AttachResponse]:
        """What is to be written to the stream, until it is closed."""
        while (frame := await self._frames.get()) is not None:
            yield frame
